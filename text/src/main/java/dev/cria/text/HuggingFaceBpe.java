package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.TokenizerJson.PiecePair;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Makes the encoder's tables from the vocabulary and the merges of a {@code tokenizer.json}. */
final class HuggingFaceBpe implements BpeModel.Edges {
    private final Path file;
    private final TokenizerJson json;
    private final Vocabulary vocabulary;

    HuggingFaceBpe(Path file, TokenizerJson json, Vocabulary vocabulary) {
        this.file = file;
        this.json = json;
        this.vocabulary = vocabulary;
    }

    /** @param spaceMark whether the encoder shall take a space for U+2581 */
    BpeModel build(boolean spaceMark) {
        int unknownId = -1;
        if (json.unknownToken().isPresent()) {
            unknownId = id(json.unknownToken().get(), "the unknown token");
        }
        Map<Integer, Integer> characters = new HashMap<>();
        int[] byteIds = json.byteFallback() ? BpeModel.unknownBytes() : BpeModel.noBytes();
        json.vocabulary().forEach((piece, id) -> {
            if (!piece.isEmpty() && piece.length() <= 2 && piece.codePointCount(0, piece.length()) == 1) {
                characters.put(piece.codePointAt(0), id);
            }
            if (json.byteFallback() && BpeModel.byteValue(piece) >= 0) {
                String canonical = BpeModel.bytePiece(BpeModel.byteValue(piece));
                if (canonical.equals(piece)) {
                    byteIds[BpeModel.byteValue(piece)] = id;
                }
            }
        });
        PairTable pairs = new PairTable(json.merges().size());
        int rank = 0;
        for (PiecePair merge : json.merges()) {
            int left = part(merge.left(), unknownId);
            int right = part(merge.right(), unknownId);
            pairs.put(left, right, rank++, id(merge.left() + merge.right(), "a merge"));
        }
        boolean cut = json.metaspace().isPresent() && json.metaspace().get().split();
        return new BpeModel(
                vocabulary.size(),
                characters,
                new int[0],
                pairs,
                this,
                byteIds,
                unknownId,
                json.fuseUnknown(),
                spaceMark,
                cut);
    }

    private int part(String piece, int unknownId) {
        int id = id(piece, "a merge");
        if (id == unknownId || (json.byteFallback() && BpeModel.byteValue(piece) >= 0)) {
            throw new UserError(
                    file + ": a merge has the part " + piece + ", which stands for unknown text; Cria does not do that",
                    "use the tokenizer.model of the same model, if there is one");
        }
        return id;
    }

    private int id(String piece, String where) {
        Integer id = json.vocabulary().get(piece);
        if (id == null || piece.isEmpty()) {
            throw JsonFiles.malformed(file, where + " names \"" + piece + "\", which is not in the vocabulary");
        }
        return id;
    }

    @Override
    public int first(int symbol) {
        return vocabulary.piece(symbol).codePointAt(0);
    }

    @Override
    public int last(int symbol) {
        String piece = vocabulary.piece(symbol);
        return piece.codePointBefore(piece.length());
    }
}
