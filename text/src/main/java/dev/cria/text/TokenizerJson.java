package dev.cria.text;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a {@code tokenizer.json} file holds, after everything that Cria does not do was refused.
 *
 * @param vocabulary ids by piece
 * @param merges pairs of pieces, the most urgent first
 * @param addedTokens tokens that are looked for before anything else
 * @param normalizers what happens to the text first, in order
 * @param metaspace the pre-tokeniser, if any
 * @param decoder how ids become text
 * @param unknownToken piece of unknown characters
 * @param byteFallback whether unknown characters become byte pieces
 * @param fuseUnknown whether neighbouring unknown characters become one
 * @param bosId the token that the post-processor puts in front, if any
 */
record TokenizerJson(
        Map<String, Integer> vocabulary,
        List<PiecePair> merges,
        List<AddedToken> addedTokens,
        List<Step> normalizers,
        Optional<Metaspace> metaspace,
        Decoding decoder,
        Optional<String> unknownToken,
        boolean byteFallback,
        boolean fuseUnknown,
        OptionalInt bosId) {

    /** Two pieces that become one. */
    record PiecePair(String left, String right) {}

    /** A step of the normaliser. */
    sealed interface Step {
        String apply(String text);
    }

    /** Puts a text in front, unless there is nothing to put it in front of. */
    record Prepend(String prefix) implements Step {
        @Override
        public String apply(String text) {
            return text.isEmpty() ? text : prefix + text;
        }
    }

    /** Replaces a text wherever it occurs. */
    record Replace(String pattern, String content) implements Step {
        @Override
        public String apply(String text) {
            return text.replace(pattern, content);
        }
    }

    /** When {@link Metaspace} puts its mark in front. */
    enum PrependScheme {
        FIRST,
        ALWAYS,
        NEVER
    }

    /** Spaces become a mark, one is put in front of a text that does not begin with it, and the text may be cut before each mark. */
    record Metaspace(char mark, PrependScheme prepend, boolean split) {}

    /**
     * How tokens become text, in this order.
     *
     * @param replacements done to each token
     * @param dropMark a mark that is dropped from the first token and is a space in the others (the Metaspace decoder)
     * @param byteFallback whether byte tokens become characters
     * @param strip how many leading {@code stripped} are dropped from the text
     */
    record Decoding(
            List<Replace> replacements, Optional<Metaspace> dropMark, boolean byteFallback, char stripped, int strip) {}
}
