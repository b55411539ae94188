package dev.cria.cuda.gemm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The numbers 1 and 0 in host memory, where cuBLASLt reads its factors. */
final class GemmScalars {
    private final MemorySegment values = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 1f, 0f);

    long one() {
        return values.address();
    }

    long zero() {
        return values.address() + Float.BYTES;
    }
}
