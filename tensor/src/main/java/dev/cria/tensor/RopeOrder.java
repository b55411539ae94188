package dev.cria.tensor;

/** Which dimensions of a head rotate together. The two differ by a permutation of the query and key weights' rows. */
public enum RopeOrder {
    /** e with e + E/2, as Hugging Face's files have it. */
    HALVES,
    /** 2e with 2e + 1, as GGUF and llama2.c have it. */
    PAIRS
}
