package dev.cria.text;

/** Where the merges of a vocabulary come from: all at once, or each when it is asked for. */
interface PairSource {
    /** All merges. They are worked out when first asked for, which takes longer than encoding a prompt. */
    PairTable all();

    /** A table for one encoder; it may still be empty, and work out a merge when it is asked for. */
    PairTable forOneEncoder();

    /** Merges that are known. */
    static PairSource of(PairTable pairs) {
        return new PairSource() {
            @Override
            public PairTable all() {
                return pairs;
            }

            @Override
            public PairTable forOneEncoder() {
                return pairs;
            }
        };
    }
}
