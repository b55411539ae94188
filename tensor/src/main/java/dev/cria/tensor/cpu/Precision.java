package dev.cria.tensor.cpu;

/** What matrix products are computed in. Tensors stay float32 in memory, and sums are always float32. */
public enum Precision {
    /** float32 operands: the default. */
    F32,
    /** bfloat16 operands, float32 sums; only where the processor's matrix engine executes it. */
    BF16,
    /** 8-bit operands, float32 sums; only on a GPU that has them. */
    FP8
}
