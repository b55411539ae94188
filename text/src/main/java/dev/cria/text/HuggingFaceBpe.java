package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.TokenizerJson.PiecePair;
import java.nio.file.Path;

/** Makes the encoder's tables from the vocabulary and the merges of a {@code tokenizer.json}. */
final class HuggingFaceBpe {
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
        CharacterSymbols characters = new CharacterSymbols();
        CharacterJoins joins = new CharacterJoins();
        int[] byteIds = json.byteFallback() ? BpeModel.unknownBytes() : BpeModel.noBytes();
        json.vocabulary().forEach((piece, id) -> {
            if (CharacterSymbols.isCharacter(piece)) {
                characters.put(piece.codePointAt(0), id);
            }
            if (json.byteFallback() && BpeModel.byteValue(piece) >= 0) {
                String canonical = BpeModel.bytePiece(BpeModel.byteValue(piece));
                if (canonical.equals(piece)) {
                    byteIds[BpeModel.byteValue(piece)] = id;
                }
            }
        });
        boolean cut = json.metaspace().isPresent() && json.metaspace().get().split();
        PairTable pairs = new PairTable(json.merges().size());
        int rank = 0;
        for (PiecePair merge : json.merges()) {
            int left = part(merge.left(), unknownId);
            int right = part(merge.right(), unknownId);
            pairs.put(left, right, rank++, id(merge.left() + merge.right(), "a merge"));
            int last = merge.left().codePointBefore(merge.left().length());
            int first = merge.right().codePointAt(0);
            if (!cut || first != BpeModel.SPACE_MARK) { // else no token reaches across
                joins.add(last, first, spaceMark);
            }
        }
        return new BpeModel(
                vocabulary.size(),
                characters,
                new int[0],
                PairSource.of(pairs),
                joins,
                byteIds,
                unknownId,
                json.fuseUnknown(),
                spaceMark);
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
}
