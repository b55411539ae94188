package dev.cria.text;

import java.util.List;
import java.util.Optional;

/**
 * What a {@code tokenizer.model} file holds, as far as BPE needs it.
 *
 * @param pieces the vocabulary; the index is the id
 * @param byteFallback whether unknown characters become byte pieces
 * @param unknownSurface what the unknown piece decodes to
 * @param bosPiece spelling of the begin-of-sequence piece
 * @param eosPiece spelling of the end-of-sequence piece
 * @param padPiece spelling of the padding piece
 * @param addDummyPrefix whether a space is put in front of the text
 * @param removeExtraWhitespaces whether runs of spaces become one, and those at both ends none
 * @param escapeWhitespaces whether spaces become U+2581
 * @param characterMap what the normaliser replaces; empty for the identity
 */
record SentencePieceModel(
        List<Piece> pieces,
        boolean byteFallback,
        String unknownSurface,
        String bosPiece,
        String eosPiece,
        String padPiece,
        boolean addDummyPrefix,
        boolean removeExtraWhitespaces,
        boolean escapeWhitespaces,
        Optional<CharacterMap> characterMap) {

    SentencePieceModel {
        pieces = List.copyOf(pieces);
    }

    /** An entry of the vocabulary. Higher scores merge first. */
    record Piece(String text, float score, Type type) {}

    /** Kinds of pieces, in the order of their numbers in the file, which start at 1. */
    enum Type {
        NORMAL,
        UNKNOWN,
        CONTROL,
        USER_DEFINED,
        UNUSED,
        BYTE;

        /** The number in the file. */
        int number() {
            return ordinal() + 1;
        }
    }
}
