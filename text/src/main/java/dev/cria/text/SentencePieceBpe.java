package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Makes the encoder's tables from a SentencePiece vocabulary. SentencePiece merges two neighbours whenever their text together is a
 * piece, the best score first: so every way to cut a piece in two symbols is a pair, ranked by the score of the piece.
 */
final class SentencePieceBpe {
    /** Longer pieces are refused: they cannot be the result of training and would take quadratic time. */
    private static final int MAX_PIECE = 1024;

    /** Sum of the squared lengths of all pieces: 2 million for Llama 2's. */
    private static final long MAX_WORK = 1L << 28;

    private final Path file;
    private final SentencePieceModel model;
    private final Vocabulary vocabulary;
    private final CharacterSymbols characters = new CharacterSymbols();
    private final CharacterJoins joins = new CharacterJoins();
    private final List<Integer> extra = new ArrayList<>();
    private final int[] hashes = new int[MAX_PIECE + 1]; // of the prefixes of a piece
    private final int[] powers = new int[MAX_PIECE + 1];

    /** @param vocabulary the model's pieces, and behind them tokens that are not in the model */
    SentencePieceBpe(Path file, SentencePieceModel model, Vocabulary vocabulary) {
        this.file = file;
        this.model = model;
        this.vocabulary = vocabulary;
        powers[0] = 1;
        for (int i = 1; i < powers.length; i++) {
            powers[i] = 31 * powers[i - 1];
        }
    }

    BpeModel build() {
        int[] byteIds = model.byteFallback() ? BpeModel.unknownBytes() : BpeModel.noBytes();
        int unknownId = -1;
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            Type type = piece.type();
            if (type == Type.BYTE) {
                byteIds[BpeModel.byteValue(piece.text())] = id;
            } else if (type == Type.UNKNOWN) {
                unknownId = id;
            } else if (type != Type.CONTROL && CharacterSymbols.isCharacter(piece.text())) {
                characters.put(piece.text().codePointAt(0), id);
            }
        }
        PairTable pairs = pairs();
        int[] extraCodePoints = new int[extra.size()];
        for (int i = 0; i < extraCodePoints.length; i++) {
            extraCodePoints[i] = extra.get(i);
        }
        return new BpeModel(
                vocabulary.size(),
                characters,
                extraCodePoints,
                pairs,
                joins,
                byteIds,
                unknownId,
                !model.byteFallback(),
                model.escapeWhitespaces());
    }

    /** Ids of the pieces that are switched off, of those that can come up at all: fillers such as {@code [PAD7]} cannot. */
    BitSet unused(PairTable pairs) {
        BitSet unused = new BitSet();
        boolean any = false;
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            boolean off = piece.type() == Type.UNUSED;
            any |= off;
            unused.set(id, off && CharacterSymbols.isCharacter(piece.text()));
        }
        if (any) {
            pairs.forEach((left, right, rank, merged) -> {
                if (model.pieces().get(merged).type() == Type.UNUSED) {
                    unused.set(merged);
                }
            });
        }
        return unused;
    }

    private PairTable pairs() {
        int[] ranks = ranks();
        PairTable pairs = new PairTable(2 * model.pieces().size());
        long work = 0;
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            String text = piece.text();
            // User-defined pieces are matched before anything merges, so no merge ever makes one.
            if ((piece.type() != Type.NORMAL && piece.type() != Type.UNUSED) || CharacterSymbols.isCharacter(text)) {
                continue;
            }
            if (text.length() > MAX_PIECE) {
                throw new UserError(
                        file + ": piece " + id + " has " + text.length() + " characters; " + MAX_PIECE + " are allowed",
                        "take the tokenizer file as it was published");
            }
            work += (long) text.length() * text.length();
            if (work > MAX_WORK) {
                throw new UserError(
                        file + ": its pieces are too long to be those of a tokenizer, from piece " + id + " on",
                        "take the tokenizer file as it was published");
            }
            cut(text, id, ranks[id], pairs);
        }
        return pairs;
    }

    /** Adds the pairs of symbols that a piece can be cut into. The hash of a part follows from those of the prefixes, so none is cut out. */
    private void cut(String text, int id, int rank, PairTable pairs) {
        int n = text.length();
        for (int i = 0; i < n; i++) {
            hashes[i + 1] = 31 * hashes[i] + text.charAt(i);
        }
        for (int cut = Character.charCount(text.codePointAt(0)); cut < n; ) {
            int next = text.codePointAt(cut);
            int left = symbol(text, 0, cut);
            int right = left < 0 ? -1 : symbol(text, cut, n);
            if (right >= 0) {
                pairs.put(left, right, rank, id);
                joins.add(text.codePointBefore(cut), next, model.escapeWhitespaces());
            }
            cut += Character.charCount(next);
        }
    }

    /** The symbol of a part of a piece, or -1 where no such symbol can come up. */
    private int symbol(String text, int from, int to) {
        int first = text.codePointAt(from);
        if (to - from == Character.charCount(first)) {
            int symbol = characters.get(first);
            if (symbol < 0) {
                symbol = vocabulary.size() + extra.size();
                extra.add(first);
                characters.put(first, symbol);
            }
            return symbol;
        }
        int id = vocabulary.table().find(text, from, to, hashes[to] - hashes[from] * powers[to - from]);
        return id >= 0
                        && id < model.pieces().size()
                        && merges(model.pieces().get(id).type())
                ? id
                : -1;
    }

    private static boolean merges(Type type) {
        return type == Type.NORMAL || type == Type.USER_DEFINED || type == Type.UNUSED;
    }

    /** The rank of each piece: 0 for the best score, equal for equal scores. */
    private int[] ranks() {
        int size = model.pieces().size();
        long[] sorted = new long[size]; // scores, the best first, each with its id
        for (int id = 0; id < size; id++) {
            int bits = Float.floatToIntBits(-(model.pieces().get(id).score() + 0f) + 0f);
            int ordered =
                    bits < 0 ? ~bits : bits | Integer.MIN_VALUE; // as unsigned numbers, in the order of the floats
            sorted[id] = (long) (ordered ^ Integer.MIN_VALUE) << 32 | id;
        }
        Arrays.sort(sorted);
        int[] ranks = new int[size];
        int rank = 0;
        for (int i = 0; i < size; i++) {
            rank += i > 0 && sorted[i] >> 32 != sorted[i - 1] >> 32 ? 1 : 0;
            ranks[(int) sorted[i]] = rank;
        }
        return ranks;
    }
}
