package dev.cria.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * The SentencePiece vocabulary of a GGUF file (the keys {@code tokenizer.ggml.*} where the model is "llama"), as it stands there: nothing is
 * checked before {@link Tokenizers#of(GgufVocabulary)}. The arrays are not to be changed.
 *
 * @param pieces the vocabulary; the index is the id
 * @param scores higher scores merge first; one a piece
 * @param types kinds of pieces, one a piece: the constants of this record
 * @param bosId begin of sequence; {@link #DEFAULT_BOS} where the file does not say
 * @param eosId end of sequence; {@link #DEFAULT_EOS} where the file does not say
 * @param unknownId the piece of unknown characters, if there is one
 * @param padId padding, if there is one
 * @param addsBos whether texts begin with BOS; true where the file does not say
 * @param addsEos whether texts end with EOS; false where the file does not say
 * @param addsSpacePrefix whether a space is put in front of a text; true where the file does not say
 * @param removeExtraWhitespaces whether runs of spaces become one, and those at both ends none; false where the file does not say
 */
public record GgufVocabulary(
        List<String> pieces,
        float[] scores,
        byte[] types,
        int bosId,
        int eosId,
        OptionalInt unknownId,
        OptionalInt padId,
        boolean addsBos,
        boolean addsEos,
        boolean addsSpacePrefix,
        boolean removeExtraWhitespaces) {

    /** Ordinary text. */
    public static final byte NORMAL = 1;

    /** Stands for characters that no piece holds. */
    public static final byte UNKNOWN = 2;

    /** Steers the model and is no text. */
    public static final byte CONTROL = 3;

    /** Looked for in every text before anything merges. */
    public static final byte USER_DEFINED = 4;

    /** Fills a place. */
    public static final byte UNUSED = 5;

    /** A byte, spelt {@code <0x0A>}. */
    public static final byte BYTE = 6;

    /** The id of BOS in a file that does not say. */
    public static final int DEFAULT_BOS = 1;

    /** The id of EOS in a file that does not say. */
    public static final int DEFAULT_EOS = 2;

    /** The id of the unknown piece in a file that does not say. */
    public static final int DEFAULT_UNKNOWN = 0;

    public GgufVocabulary {
        pieces = List.copyOf(pieces);
        scores = scores.clone();
        types = types.clone();
    }

    /** Number of pieces. */
    public int size() {
        return pieces.size();
    }

    /**
     * The vocabulary of a tokenizer, to be written to a GGUF file. Of a {@code tokenizer.model} it is an exact copy. A {@code tokenizer.json} has no
     * scores, so they are made from the order of its merges; the ids of a text are the same where the file allows each way to cut a piece in
     * two pieces, as those converted from SentencePiece do. Options of added tokens (single word, swallowing white space) have no place in a GGUF file.
     *
     * @throws dev.cria.base.UserError where the tokenizer changes texts in a way that a GGUF file cannot say
     */
    public static GgufVocabulary of(Tokenizer tokenizer) {
        return GgufExport.vocabulary(tokenizer);
    }

    /**
     * The same with unused pieces behind, for a model whose embedding has more rows than its tokenizer has pieces.
     *
     * @throws IllegalArgumentException where {@code size} is less than there are pieces
     */
    public GgufVocabulary padded(int size) {
        if (size < size()) {
            throw new IllegalArgumentException(size() + " pieces are more than " + size);
        }
        List<String> more = new ArrayList<>(pieces);
        float[] moreScores = Arrays.copyOf(scores, size);
        byte[] moreTypes = Arrays.copyOf(types, size);
        for (int id = size(); id < size; id++) {
            more.add(GgufExport.filler(id));
            moreScores[id] = GgufExport.ADDED_SCORE;
            moreTypes[id] = UNUSED;
        }
        return new GgufVocabulary(
                more,
                moreScores,
                moreTypes,
                bosId,
                eosId,
                unknownId,
                padId,
                addsBos,
                addsEos,
                addsSpacePrefix,
                removeExtraWhitespaces);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GgufVocabulary v
                && pieces.equals(v.pieces)
                && Arrays.equals(scores, v.scores)
                && Arrays.equals(types, v.types)
                && settings().equals(v.settings());
    }

    @Override
    public int hashCode() {
        return 31 * pieces.hashCode() + settings().hashCode();
    }

    @Override
    public String toString() {
        return "GgufVocabulary of " + size() + " pieces, " + settings();
    }

    private List<Object> settings() {
        return List.of(bosId, eosId, unknownId, padId, addsBos, addsEos, addsSpacePrefix, removeExtraWhitespaces);
    }
}
