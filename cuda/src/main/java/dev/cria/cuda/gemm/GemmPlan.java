package dev.cria.cuda.gemm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A product's description as cuBLASLt wants it, made once a shape, with the algorithm that was chosen for it. */
final class GemmPlan {
    private final CublasLt library;
    private final GemmShape shape;
    private final String name;
    private final long description;
    /** cuBLASLt's first factor: our B. */
    private final long first;

    private final long second;
    private final long result;
    private final MemorySegment algorithm = Arena.ofAuto().allocate(CublasLt.RESULT_BYTES, Long.BYTES);

    GemmPlan(CublasLt library, GemmShape shape) {
        this.library = library;
        this.shape = shape;
        this.name = shape.name();
        this.description = library.description(
                shape.tensorFloat() ? CublasLt.COMPUTE_32F_FAST_TF32 : CublasLt.COMPUTE_32F, CublasLt.R_32F);
        if (shape.transposeB()) {
            library.describe(description, CublasLt.TRANSPOSE_A, CublasLt.TRANSPOSED);
        }
        if (shape.transposeA()) {
            library.describe(description, CublasLt.TRANSPOSE_B, CublasLt.TRANSPOSED);
        }
        if (shape.fastSums()) {
            library.describe(description, CublasLt.FAST_ACCUMULATION, (byte) 1);
        }
        this.first =
                library.layout(shape.typeB().number(), shape.storedColumnsB(), shape.storedRowsB(), shape.strideB());
        this.second =
                library.layout(shape.typeA().number(), shape.storedColumnsA(), shape.storedRowsA(), shape.strideA());
        this.result = library.layout(shape.result().number(), shape.N(), shape.M(), shape.strideC());
    }

    /** Takes the addresses of what the next product's factors A and B are multiplied with. */
    void scale(long scaleA, long scaleB) {
        library.describe(description, CublasLt.SCALE_A, scaleB);
        library.describe(description, CublasLt.SCALE_B, scaleA);
    }

    GemmShape shape() {
        return shape;
    }

    /** What people call it. */
    String name() {
        return name;
    }

    /** Takes an algorithm: a heuristic's result, as cuBLASLt wrote it. */
    void use(MemorySegment chosen) {
        algorithm.copyFrom(chosen);
    }

    MemorySegment algorithm() {
        return algorithm;
    }

    int candidates(long handle, long preference, int wanted, MemorySegment results) {
        return library.heuristic(handle, description, first, second, result, preference, wanted, results);
    }

    /**
     * Starts the product and returns the status.
     *
     * @param from what is added to, where the shape says so
     * @param to where the result goes; usually {@code from}
     */
    int start(
            long handle,
            GemmScalars scalars,
            long a,
            long b,
            long from,
            long to,
            long workspace,
            long bytes,
            long stream) {
        return library.matmul(
                handle,
                description,
                scalars.one(),
                b,
                first,
                a,
                second,
                shape.accumulate() ? scalars.one() : scalars.zero(),
                from,
                to,
                result,
                algorithm.address(),
                workspace,
                bytes,
                stream);
    }

    void close() {
        library.destroy("cublasLtMatrixLayoutDestroy", first);
        library.destroy("cublasLtMatrixLayoutDestroy", second);
        library.destroy("cublasLtMatrixLayoutDestroy", result);
        library.destroy("cublasLtMatmulDescDestroy", description);
    }
}
