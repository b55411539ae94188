package dev.cria.train;

/**
 * What a batch counts.
 *
 * @param plural its name, for people
 * @param tokens tokens of one, in the mean; for a row of T tokens, T
 * @param sequences sequences of at most T tokens that it is made of
 */
public record Sample(String plural, double tokens, int sequences) {
    /** Rows of T tokens. */
    public static Sample sequence(int sequenceLength) {
        return new Sample("sequences", sequenceLength, 1);
    }
}
