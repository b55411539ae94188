package dev.cria.tensor.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** The functions of {@code src/main/c/amx_bf16.c}; see there for layouts. Sizes count elements, addresses are raw. */
final class AmxLeaf {
    private static final int TILE = 16;
    private static final int TILE_K = 32;

    private final MethodHandle pack;
    private final MethodHandle multiplyPacked;
    private final MethodHandle multiplyHalfPacked;
    private final MethodHandle gemm;
    private final MethodHandle probe;
    private final MethodHandle sourceHash;
    private final long gemmScratchBytes;

    AmxLeaf(SymbolLookup library) {
        FunctionDescriptor packType =
                FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        pack = NativeLibraries.function(library, "cria_amx_pack", packType);
        multiplyPacked = NativeLibraries.function(
                library,
                "cria_amx_multiply_packed",
                FunctionDescriptor.ofVoid(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
        multiplyHalfPacked = NativeLibraries.function(
                library,
                "cria_amx_multiply_half_packed",
                FunctionDescriptor.ofVoid(
                        JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG,
                        JAVA_INT, JAVA_LONG, JAVA_LONG));
        gemm = NativeLibraries.function(
                library,
                "cria_amx_gemm",
                FunctionDescriptor.ofVoid(
                        JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        probe = NativeLibraries.function(library, "cria_amx_probe", FunctionDescriptor.of(JAVA_INT));
        sourceHash = NativeLibraries.function(library, "cria_source_hash", FunctionDescriptor.of(ADDRESS));
        try {
            gemmScratchBytes =
                    (long) NativeLibraries.function(library, "cria_amx_gemm_scratch", FunctionDescriptor.of(JAVA_LONG))
                            .invokeExact();
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Bytes of an operand packed: rows (columns, for the right one) by k, padded to whole tiles. */
    static long packedBytes(long rows, long k) {
        return (rows + TILE - 1) / TILE * TILE * ((k + TILE_K - 1) / TILE_K * TILE_K) * 2;
    }

    /** 0 where the machine executes the instructions; see {@code probe.c} for the rest. */
    int probe() {
        try {
            return (int) probe.invokeExact();
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** SHA-256 of the sources that the library was built from. */
    String sourceHash() {
        try {
            return ((MemorySegment) sourceHash.invokeExact()).reinterpret(65).getString(0);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    long gemmScratchBytes() {
        return gemmScratchBytes;
    }

    void pack(boolean right, boolean kContiguous, long rows, long k, long source, long ld, long to) {
        try {
            pack.invokeExact(right ? 1 : 0, kContiguous ? 1 : 0, rows, k, source, ld, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    void multiplyPacked(long m, long n, long k, long left, long right, boolean accumulate, long c, long ldc) {
        try {
            multiplyPacked.invokeExact(m, n, k, left, right, accumulate ? 1 : 0, c, ldc);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    void multiplyHalfPacked(
            boolean rightIsShared,
            long m,
            long n,
            long k,
            long source,
            long ld,
            boolean kContiguous,
            long shared,
            long scratch,
            boolean accumulate,
            long c,
            long ldc) {
        try {
            multiplyHalfPacked.invokeExact(
                    rightIsShared ? 1 : 0,
                    m,
                    n,
                    k,
                    source,
                    ld,
                    kContiguous ? 1 : 0,
                    shared,
                    scratch,
                    accumulate ? 1 : 0,
                    c,
                    ldc);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    void gemm(
            boolean transposeA,
            boolean transposeB,
            long m,
            long n,
            long k,
            long a,
            long lda,
            long b,
            long ldb,
            boolean accumulate,
            long c,
            long ldc,
            long scratch) {
        try {
            gemm.invokeExact(
                    transposeA ? 1 : 0,
                    transposeB ? 1 : 0,
                    m,
                    n,
                    k,
                    a,
                    lda,
                    b,
                    ldb,
                    accumulate ? 1 : 0,
                    c,
                    ldc,
                    scratch);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static IllegalStateException failed(Throwable e) {
        return new IllegalStateException("native call failed", e);
    }
}
