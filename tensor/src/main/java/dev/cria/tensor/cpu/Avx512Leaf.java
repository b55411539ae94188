package dev.cria.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** The functions of {@code src/main/c/gemm_f32.c}; see there for layouts. Sizes count elements, addresses are raw. */
final class Avx512Leaf {
    /** Rows of a panel of the left operand. */
    static final int LEFT = 8;

    /** Columns of a panel of the right operand. */
    static final int RIGHT = 48;

    private final MethodHandle packLeft;
    private final MethodHandle packRight;
    private final MethodHandle multiply;

    /** @param library from {@link LeafLibrary#avx512} */
    Avx512Leaf(SymbolLookup library) {
        FunctionDescriptor packType = FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        packLeft = NativeLibraries.function(library, "cria_gemm_pack_left", packType);
        packRight = NativeLibraries.function(library, "cria_gemm_pack_right", packType);
        multiply = NativeLibraries.function(
                library,
                "cria_gemm_multiply",
                FunctionDescriptor.ofVoid(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    }

    /** Bytes of {@code rows} rows of the left operand packed over k. */
    static long leftBytes(long rows, long k) {
        return Math.ceilDiv(rows, LEFT) * LEFT * k * Float.BYTES;
    }

    /** Bytes of {@code columns} columns of the right operand packed over k. */
    static long rightBytes(long columns, long k) {
        return Math.ceilDiv(columns, RIGHT) * RIGHT * k * Float.BYTES;
    }

    void packLeft(long rows, long k, long source, long ld, long to) {
        try {
            packLeft.invokeExact(rows, k, source, ld, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    void packRight(long columns, long k, long source, long ld, long to) {
        try {
            packRight.invokeExact(columns, k, source, ld, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    void multiply(long m, long n, long k, long left, long right, boolean accumulate, long c, long ldc) {
        try {
            multiply.invokeExact(m, n, k, left, right, accumulate ? 1 : 0, c, ldc);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static IllegalStateException failed(Throwable e) {
        return new IllegalStateException("native call failed", e);
    }
}
