package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the encoder's tables from a SentencePiece vocabulary. SentencePiece merges two neighbours whenever their text together is a
 * piece, the best score first: so every way to cut a piece in two symbols is a pair, ranked by the score of the piece.
 */
final class SentencePieceBpe implements BpeModel.Edges {
    /** Longer pieces are refused: they cannot be the result of training and would take quadratic time. */
    private static final int MAX_PIECE = 1024;

    /** Sum of the squared lengths of all pieces: 2 million for Llama 2's. */
    private static final long MAX_WORK = 1L << 28;

    private final Path file;
    private final SentencePieceModel model;
    private final int vocabularySize;
    private final Map<String, Integer> mergeable = new HashMap<>();
    private final Map<Integer, Integer> characters = new HashMap<>();
    private final List<Integer> extra = new ArrayList<>();

    /** @param vocabularySize number of ids, with tokens that are not in the model */
    SentencePieceBpe(Path file, SentencePieceModel model, int vocabularySize) {
        this.file = file;
        this.model = model;
        this.vocabularySize = vocabularySize;
    }

    BpeModel build() {
        int[] byteIds = model.byteFallback() ? BpeModel.unknownBytes() : BpeModel.noBytes();
        int unknownId = -1;
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            switch (piece.type()) {
                case NORMAL, USER_DEFINED, UNUSED -> {
                    mergeable.put(piece.text(), id);
                    if (isCharacter(piece.text())) {
                        characters.put(piece.text().codePointAt(0), id);
                    }
                }
                case BYTE -> byteIds[BpeModel.byteValue(piece.text())] = id;
                case UNKNOWN -> unknownId = id;
                case CONTROL -> {}
            }
        }
        PairTable pairs = pairs();
        int[] extraCodePoints = extra.stream().mapToInt(Integer::intValue).toArray();
        return new BpeModel(
                vocabularySize,
                characters,
                extraCodePoints,
                pairs,
                this,
                byteIds,
                unknownId,
                !model.byteFallback(),
                model.escapeWhitespaces(),
                false);
    }

    /** Ids of the pieces that are switched off, of those that can come up at all: fillers such as {@code [PAD7]} cannot. */
    BitSet unused(PairTable pairs) {
        BitSet unused = new BitSet();
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            unused.set(id, piece.type() == Type.UNUSED && isCharacter(piece.text()));
        }
        pairs.forEach((left, right, rank, merged) -> {
            if (model.pieces().get(merged).type() == Type.UNUSED) {
                unused.set(merged);
            }
        });
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
            if ((piece.type() != Type.NORMAL && piece.type() != Type.UNUSED) || isCharacter(text)) {
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
            for (int cut = text.offsetByCodePoints(0, 1); cut < text.length(); cut = text.offsetByCodePoints(cut, 1)) {
                int left = symbol(text.substring(0, cut));
                int right = left < 0 ? -1 : symbol(text.substring(cut));
                if (right >= 0) {
                    pairs.put(left, right, ranks[id], id);
                }
            }
        }
        return pairs;
    }

    /** The rank of each piece: 0 for the best score, equal for equal scores. */
    private int[] ranks() {
        float[] scores = new float[model.pieces().size()];
        for (int id = 0; id < scores.length; id++) {
            scores[id] = -(model.pieces().get(id).score() + 0f);
        }
        float[] sorted = scores.clone();
        Arrays.sort(sorted);
        int distinct = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (i == 0 || sorted[i] != sorted[i - 1]) {
                sorted[distinct++] = sorted[i];
            }
        }
        int[] ranks = new int[scores.length];
        for (int id = 0; id < scores.length; id++) {
            ranks[id] = Math.max(0, Arrays.binarySearch(sorted, 0, distinct, scores[id]));
        }
        return ranks;
    }

    /** The symbol of a part of a piece, or -1 where no such symbol can come up. */
    private int symbol(String text) {
        if (isCharacter(text)) {
            return characters.computeIfAbsent(text.codePointAt(0), codePoint -> {
                extra.add(codePoint);
                return vocabularySize + extra.size() - 1;
            });
        }
        return mergeable.getOrDefault(text, -1);
    }

    private static boolean isCharacter(String text) {
        return text.length() <= 2 && text.codePointCount(0, text.length()) == 1;
    }

    @Override
    public int first(int symbol) {
        return symbol < vocabularySize
                ? model.pieces().get(symbol).text().codePointAt(0)
                : extra.get(symbol - vocabularySize);
    }

    @Override
    public int last(int symbol) {
        if (symbol >= vocabularySize) {
            return extra.get(symbol - vocabularySize);
        }
        String text = model.pieces().get(symbol).text();
        return text.codePointBefore(text.length());
    }
}
