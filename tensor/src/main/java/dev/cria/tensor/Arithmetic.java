package dev.cria.tensor;

/** How exactly a linear layer takes its inputs in; its weights are always taken as they are stored, and sums are float32. */
public enum Arithmetic {
    /** Inputs stay float32: the reference's numbers. */
    EXACT,
    /**
     * Inputs may be rounded where that is faster: to bf16 for many rows, to 8 bits in blocks of 32 for few rows over quantised weights, as
     * llama.cpp does. Weights of {@link DType#F32} are never met with rounded inputs.
     */
    FAST
}
