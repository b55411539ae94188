package dev.cria.cuda.gemm;

import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.DType;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Products of row-major matrices in device memory. Operands are F32, BF16 or FP8, the result of the same type, or F32, or after FP8 BF16; sums
 * are float32. The same shape is always computed by the same algorithm, in a fixed order of summation.
 */
public final class Gemm implements AutoCloseable {
    private final Cuda cuda;
    private final CublasLt library;
    private final long handle;
    private final AlgorithmChoice choice;
    private final Scratch workspace;
    private final GemmScalars scalars = new GemmScalars();
    private final Map<GemmShape, GemmPlan> plans = new HashMap<>();

    /**
     * Opens cuBLASLt.
     *
     * @param timing whether algorithms are tried on a shape's first use; else the likeliest is taken
     * @throws dev.cria.base.UserError if it is not found
     */
    public Gemm(Cuda cuda, boolean timing) {
        this.cuda = cuda;
        this.library = new CublasLt(cuda.libraries().open(CudaLibrary.CUBLAS_LT, cuda.newestMajor()));
        cuda.makeCurrent();
        this.handle = library.create();
        this.choice = new AlgorithmChoice(cuda, library, handle, timing);
        this.workspace = cuda.scratch("products", AlgorithmChoice.WORKSPACE_BYTES);
    }

    /** Where cuBLASLt was found, and which version. */
    public String description() {
        return library.where() + ", version " + library.version();
    }

    /**
     * C[M,N] = op(A)[M,K] · op(B)[K,N], or += .
     *
     * @param a address of A, stored [M,K], or [K,M] with {@code transposeA}
     * @param strideA elements from one row of A, as it is stored, to the next
     * @param b address of B, stored [K,N], or [N,K] with {@code transposeB}
     * @param c address of C, stored [M,N] with {@code strideC}
     * @param tensorFloat whether F32 operands may be rounded to TF32
     */
    public void multiply(
            long M,
            long N,
            long K,
            boolean transposeA,
            long a,
            long strideA,
            boolean transposeB,
            long b,
            long strideB,
            long c,
            long strideC,
            DType operands,
            DType result,
            boolean accumulate,
            boolean tensorFloat) {
        if (M == 0 || N == 0) {
            return;
        }
        if (K == 0) {
            empty(M, N, c, strideC, result, accumulate);
            return;
        }
        MatrixType type = MatrixType.of(operands);
        GemmShape shape = new GemmShape(
                M,
                N,
                K,
                transposeA,
                transposeB,
                strideA,
                strideB,
                strideC,
                type,
                type,
                MatrixType.of(result),
                accumulate,
                tensorFloat && operands == DType.F32,
                false,
                GemmShape.alignments(a, b, c));
        multiply(shape, a, b, c, 0, 0);
    }

    /**
     * C[M,N] = A[M,K] · B[N,K]ᵀ times both scales, or += . M, N and K are multiples of 16.
     *
     * @param c address of C, its rows one after another
     * @param result BF16 or F32
     * @param fastSums whether sums may keep fewer bits than float32, which is faster
     */
    public void multiply(
            long M,
            long N,
            long K,
            Fp8Operand a,
            Fp8Operand b,
            long c,
            DType result,
            boolean accumulate,
            boolean fastSums) {
        GemmShape shape = new GemmShape(
                M,
                N,
                K,
                false,
                true,
                K,
                K,
                N,
                a.type(),
                b.type(),
                MatrixType.of(result),
                accumulate,
                false,
                fastSums,
                GemmShape.alignments(a.address(), b.address(), c));
        multiply(shape, a.address(), b.address(), c, a.scale(), b.scale());
    }

    private void multiply(GemmShape shape, long a, long b, long c, long scaleA, long scaleB) {
        cuda.makeCurrent();
        GemmPlan plan = plans.get(shape);
        if (plan == null) {
            plan = plan(shape, a, b, c, scaleA, scaleB);
        } else if (shape.typeA().isFp8()) {
            plan.scale(scaleA, scaleB);
        }
        cuda.launching();
        int status = start(plan, a, b, c, c);
        if (status != CudaException.SUCCESS) {
            throw library.failure("the product " + shape, status);
        }
        cuda.launched(plan.name(), 2.0 * shape.M() * shape.N() * shape.K());
    }

    /** A sum of nothing. */
    private void empty(long M, long N, long c, long strideC, DType result, boolean accumulate) {
        for (long row = 0; row < M && !accumulate; row++) {
            cuda.zero(c + result.bytes(row * strideC), result.bytes(N));
        }
    }

    private GemmPlan plan(GemmShape shape, long a, long b, long c, long scaleA, long scaleB) {
        if (cuda.recording()) {
            throw new IllegalStateException(
                    "the product " + shape + " is met for the first time while work is recorded");
        }
        GemmPlan plan = new GemmPlan(library, shape);
        if (shape.typeA().isFp8()) {
            plan.scale(scaleA, scaleB);
        }
        // Trying must not add more than once.
        OptionalLong result = shape.accumulate() ? OptionalLong.empty() : OptionalLong.of(c);
        long bytes = shape.result().bytes((shape.M() - 1) * shape.strideC() + shape.N());
        choice.choose(plan, result, bytes, to -> start(plan, a, b, c, to));
        plans.put(shape, plan);
        return plan;
    }

    private int start(GemmPlan plan, long a, long b, long from, long to) {
        return plan.start(
                handle,
                scalars,
                a,
                b,
                from,
                to,
                workspace.address(),
                AlgorithmChoice.WORKSPACE_BYTES,
                cuda.stream().handle());
    }

    @Override
    public void close() {
        plans.values().forEach(GemmPlan::close);
        plans.clear();
        library.destroy(handle);
    }
}
