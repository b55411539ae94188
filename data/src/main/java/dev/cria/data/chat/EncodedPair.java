package dev.cria.data.chat;

/**
 * A preference pair as ids: two conversations that begin alike, of each of which the answer is scored.
 *
 * @param chosen the preferred one
 * @param rejected the other
 */
public record EncodedPair(EncodedConversation chosen, EncodedConversation rejected) {
    /** Tokens that both take in a row. */
    public int tokens() {
        return chosen.length() + rejected.length();
    }

    /** Tokens of the longer one. */
    public int longest() {
        return Math.max(chosen.length(), rejected.length());
    }

    /** Tokens that are scored. */
    public int scored() {
        return chosen.trained().cardinality() + rejected.trained().cardinality();
    }

    /** A number from 0 to 1 that the prompt alone decides, so that all answers to a question fall on one side of a split. */
    double place() {
        return chosen.place(chosen.trained().nextSetBit(0));
    }
}
