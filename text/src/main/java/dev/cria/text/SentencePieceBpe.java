package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the encoder's tables from a SentencePiece vocabulary. SentencePiece merges two neighbours whenever their text together is a
 * piece, the best score first: so every way to cut a piece in two symbols is a pair, ranked by the score of the piece. A prompt asks for few of
 * them, so they are worked out when somebody asks.
 */
final class SentencePieceBpe implements PairSource, PairTable.Resolver {
    /** Longer pieces are refused: they cannot be the result of training and would take quadratic time. */
    private static final int MAX_PIECE = 1024;

    /** Sum of the squared lengths of all pieces: 2 million for Llama 2's. */
    private static final long MAX_WORK = 1L << 28;

    private final Path file;
    private final SentencePieceModel model;
    private final Vocabulary vocabulary;
    private final CharacterSymbols characters = new CharacterSymbols();
    private final List<String> extra = new ArrayList<>();
    private final int[] ranks;
    private final int[] powers = new int[MAX_PIECE + 1]; // of 31, as in String.hashCode
    private volatile @Nullable PairTable all;

    /** @param vocabulary the model's pieces, and behind them tokens that are not in the model */
    SentencePieceBpe(Path file, SentencePieceModel model, Vocabulary vocabulary) {
        this.file = file;
        this.model = model;
        this.vocabulary = vocabulary;
        ranks = ranks();
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
        CharacterJoins joins = joins();
        int[] extraCodePoints = new int[extra.size()];
        for (int i = 0; i < extraCodePoints.length; i++) {
            extraCodePoints[i] = extra.get(i).codePointAt(0);
        }
        return new BpeModel(
                vocabulary.size(),
                characters,
                extraCodePoints,
                this,
                joins,
                byteIds,
                unknownId,
                !model.byteFallback(),
                model.escapeWhitespaces());
    }

    /** Whether merges make the piece. User-defined pieces are matched before anything merges, so no merge ever makes one. */
    private static boolean isMade(Piece piece) {
        return (piece.type() == Type.NORMAL || piece.type() == Type.UNUSED)
                && !CharacterSymbols.isCharacter(piece.text());
    }

    /** Which characters stand side by side in pieces; and gives a symbol to those that are no pieces. */
    private CharacterJoins joins() {
        CharacterJoins joins = new CharacterJoins();
        long work = 0;
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            if (isMade(piece)) {
                String text = piece.text();
                work += (long) text.length() * text.length();
                if (text.length() > MAX_PIECE || work > MAX_WORK) {
                    throw new UserError(
                            file + ": piece " + id + " has " + text.length() + " characters; " + MAX_PIECE
                                    + " are allowed, and few such pieces",
                            "take the tokenizer file as it was published");
                }
                join(text, joins);
            }
        }
        return joins;
    }

    private void join(String text, CharacterJoins joins) {
        int before = -1;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            if (characters.get(c) < 0) {
                characters.put(c, vocabulary.size() + extra.size());
                extra.add(Character.toString(c));
            }
            if (before >= 0) {
                joins.add(before, c, model.escapeWhitespaces());
            }
            before = c;
            i += Character.charCount(c);
        }
    }

    /** Ids of the pieces that are switched off, of those that can come up at all: fillers such as {@code [PAD7]} cannot. */
    BitSet unused() {
        BitSet unused = new BitSet();
        PairTable pairs = new PairTable(8);
        int[] hashes = new int[MAX_PIECE + 1];
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            if (piece.type() == Type.UNUSED) {
                int before = pairs.size();
                if (isMade(piece)) {
                    cut(piece.text(), id, hashes, pairs);
                }
                unused.set(id, CharacterSymbols.isCharacter(piece.text()) || pairs.size() > before);
            }
        }
        return unused;
    }

    @Override
    public PairTable all() {
        PairTable known = all;
        if (known == null) { // two threads may both do this, with the same result
            known = new PairTable(2 * model.pieces().size());
            int[] hashes = new int[MAX_PIECE + 1];
            for (int id = 0; id < model.pieces().size(); id++) {
                if (isMade(model.pieces().get(id))) {
                    cut(model.pieces().get(id).text(), id, hashes, known);
                }
            }
            all = known;
        }
        return known;
    }

    @Override
    public PairTable forOneEncoder() {
        PairTable known = all;
        return known != null ? known : new PairTable(this);
    }

    @Override
    public long resolve(int left, int right) {
        String first = text(left);
        String second = text(right);
        int id = second.length() > MAX_PIECE ? -1 : vocabulary.table().find(first, second, powers[second.length()]);
        return id >= 0 && id < ranks.length && isMade(model.pieces().get(id))
                ? (long) ranks[id] << 32 | id
                : PairTable.NONE;
    }

    private String text(int symbol) {
        return symbol < vocabulary.size() ? vocabulary.piece(symbol) : extra.get(symbol - vocabulary.size());
    }

    /**
     * Adds the pairs of symbols that a piece can be cut into. The hash of a part follows from those of the prefixes, so none is cut out.
     *
     * @param hashes room for the hashes of the prefixes
     */
    private void cut(String text, int id, int[] hashes, PairTable pairs) {
        int n = text.length();
        for (int i = 0; i < n; i++) {
            hashes[i + 1] = 31 * hashes[i] + text.charAt(i);
        }
        for (int cut = text.offsetByCodePoints(0, 1); cut < n; cut = text.offsetByCodePoints(cut, 1)) {
            int left = symbol(text, 0, cut, hashes);
            int right = left < 0 ? -1 : symbol(text, cut, n, hashes);
            if (right >= 0) {
                pairs.put(left, right, ranks[id], id);
            }
        }
    }

    /** The symbol of a part of a piece, or -1 where no such symbol can come up. */
    private int symbol(String text, int from, int to, int[] hashes) {
        int first = text.codePointAt(from);
        if (to - from == Character.charCount(first)) {
            return characters.get(first);
        }
        int id = vocabulary.table().find(text, from, to, hashes[to] - hashes[from] * powers[to - from]);
        return id >= 0 && id < ranks.length && isSymbol(model.pieces().get(id).type()) ? id : -1;
    }

    private static boolean isSymbol(Type type) {
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
