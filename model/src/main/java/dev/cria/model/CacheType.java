package dev.cria.model;

import dev.cria.tensor.DType;

/** How the keys and values of past tokens are kept. */
public enum CacheType {
    F32(DType.F32),
    F16(DType.F16),
    BF16(DType.BF16),
    /** 8 bits and a scale for 32 numbers: a quarter of F32's memory; the head size must be a multiple of 32. */
    Q8_0(DType.Q8_0);

    private final DType dtype;

    CacheType(DType dtype) {
        this.dtype = dtype;
    }

    public DType dtype() {
        return dtype;
    }
}
