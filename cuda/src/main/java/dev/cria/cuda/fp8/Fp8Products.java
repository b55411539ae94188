package dev.cria.cuda.fp8;

import dev.cria.cuda.gemm.Fp8Operand;
import dev.cria.cuda.gemm.Gemm;
import dev.cria.cuda.gemm.MatrixType;
import dev.cria.cuda.kernels.Magnitudes;
import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.memory.DeviceMemory;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.util.Optional;

/**
 * The three products of a linear layer w[O,I] in FP8: x and w in E4M3, dy in E5M2, results BF16 or F32.
 *
 * <p>The tensor cores sum along rows of both factors, so each product wants its own layout: y = x · wᵀ both by rows, dx = dy · w the weight by
 * columns, dw = dyᵀ · x both by columns. What is read how often, in bytes of device memory a number:
 *
 * <pre>
 * w   once a step    2 for the scale, 2 + 1 + 1 for both layouts in one pass, kept until the optimizer writes w
 * x   forward        2 + 1 by rows
 *     backward       2 + 1 by columns
 * dy  backward       2 + 1 + 1 for both layouts in one pass, which both products use
 * x, dy              2 more for the scale, where the kernel that wrote them has not left it ({@link Magnitudes}): attention's output, for its
 *                    forward product, and its gradient of queries, keys and values
 * </pre>
 *
 * <p>Sums of the forward product may keep fewer bits than float32, as is usual; those of gradients may not.
 */
final class Fp8Products {
    /** What cuBLASLt's FP8 kernels want of every dimension, and of addresses in bytes. */
    private static final int GRAIN = 16;

    /**
     * Products whose wider side is more than so many times the narrower one stay in BF16: the output head (in Llamas the vocabulary is 15 to 60
     * times the width), whose errors go straight into the logits, and low-rank adapters, which memory bounds and not arithmetic. The widest of a
     * Llama's own layers, gate and up together, is 5 to 7 times.
     */
    private static final int MOST_OBLONG = 12;

    private final Cuda cuda;
    private final Gemm gemm;
    private final KnownMatrices known;
    private final Fp8Casts casts;
    /** Whose copies are in the scratch memory for gradients. */
    private Optional<KnownMatrix> gradient = Optional.empty();

    Fp8Products(Cuda cuda, Gemm gemm, KnownMatrices known) {
        this.cuda = cuda;
        this.gemm = gemm;
        this.known = known;
        this.casts = new Fp8Casts(cuda);
    }

    /**
     * Whether the products between tensors of these three shapes are computed in FP8: by shape and type alone, so that a layer's three products
     * are all or none.
     *
     * @param x [N,I], or its gradient
     * @param y [N,O], or its gradient
     * @param w [O,I], or its gradient
     */
    static boolean suits(Tensor x, Tensor y, Tensor w) {
        long N = x.dim(0);
        long O = w.dim(0);
        long I = width(w);
        return x.dtype() == DType.BF16
                && y.dtype() == DType.BF16
                && (w.dtype() == DType.BF16 || w.dtype() == DType.F32)
                && suits(N, O, I)
                && aligned(x)
                && aligned(y)
                && aligned(w);
    }

    /** Whether a matrix may be an operand of such a product. */
    static boolean suits(Tensor matrix) {
        return matrix.dtype() == DType.BF16
                && matrix.elements() > 0
                && matrix.dim(0) % GRAIN == 0
                && width(matrix) % GRAIN == 0
                && aligned(matrix);
    }

    /** The part of the rule that shapes decide. */
    static boolean suits(long N, long O, long I) {
        return Math.min(N, Math.min(O, I)) > 0
                && N % GRAIN == 0
                && O % GRAIN == 0
                && I % GRAIN == 0
                && Math.max(O, I) <= MOST_OBLONG * Math.min(O, I)
                && Math.max(N, Math.max(O, I)) <= Fp8Casts.MOST_ROWS;
    }

    private static boolean aligned(Tensor tensor) {
        return tensor.data().address() % GRAIN == 0;
    }

    /** y[N,O] = x[N,I] · w[O,I]ᵀ, or += . */
    void forward(Tensor y, Tensor x, Tensor w, boolean accumulate) {
        requireNotRecording();
        Fp8Operand weight = weight(w, 0);
        Optional<KnownMatrix> scaled = known.find(x, MatrixType.E4M3);
        KnownMatrix input = scaled.orElseGet(() -> scaled(x, MatrixType.E4M3));
        long rows = cuda.scratch("FP8 inputs", x.elements()).address();
        casts.rows(rows, x, input, scaled.isPresent());
        Fp8Operand factor = new Fp8Operand(MatrixType.E4M3, rows, input.inverse());
        gemm.multiply(x.dim(0), w.dim(0), width(w), factor, weight, y.data().address(), y.dtype(), accumulate, true);
    }

    /** dx[N,I] = dy[N,O] · w[O,I], or += . */
    void backwardInput(Tensor dx, Tensor dy, Tensor w, boolean accumulate) {
        requireNotRecording();
        Fp8Operand weight = weight(w, 1);
        Fp8Operand slope = gradient(dy, false);
        gemm.multiply(dy.dim(0), width(w), w.dim(0), slope, weight, dx.data().address(), dx.dtype(), accumulate, false);
    }

    /** dw[O,I] = dy[N,O]ᵀ · x[N,I], or += . */
    void backwardWeight(Tensor dw, Tensor dy, Tensor x, boolean accumulate) {
        requireNotRecording();
        Fp8Operand slope = gradient(dy, true);
        Optional<KnownMatrix> scaled = known.find(x, MatrixType.E4M3);
        KnownMatrix input = scaled.orElseGet(() -> scaled(x, MatrixType.E4M3));
        long columns = cuda.scratch("FP8 inputs", x.elements()).address();
        casts.columns(columns, x, input, scaled.isPresent());
        Fp8Operand factor = new Fp8Operand(MatrixType.E4M3, columns, input.inverse());
        gemm.multiply(
                dw.dim(0), width(dw), dy.dim(0), slope, factor, dw.data().address(), dw.dtype(), accumulate, false);
    }

    /** A recording would hold the addresses of copies that come and go. */
    private void requireNotRecording() {
        if (cuda.recording()) {
            throw new IllegalStateException("products in FP8 are not for work that is recorded");
        }
    }

    /**
     * A kernel has written a matrix that is an operand next.
     *
     * @param partial as {@link Fp8Casts#scale(KnownMatrix, long, int)} takes it
     */
    void wrote(Tensor matrix, MatrixType format, long partial, int blocks) {
        casts.scale(known.add(matrix, format, 0), partial, blocks);
    }

    private KnownMatrix scaled(Tensor matrix, MatrixType format) {
        KnownMatrix added = known.add(matrix, format, 0);
        casts.scale(added, matrix);
        return added;
    }

    /** @param layout 0 by rows, 1 by columns */
    private Fp8Operand weight(Tensor w, int layout) {
        KnownMatrix weight = known.find(w, MatrixType.E4M3)
                .filter(kept -> !kept.copies().isEmpty())
                .orElseGet(() -> {
                    KnownMatrix added = known.add(w, MatrixType.E4M3, w.elements());
                    DeviceMemory.Block rows = added.copies().get(0);
                    DeviceMemory.Block columns = added.copies().get(1);
                    casts.scale(added, w);
                    casts.both(rows.address(), columns.address(), w, added, false);
                    return added;
                });
        return new Fp8Operand(MatrixType.E4M3, weight.copies().get(layout).address(), weight.inverse());
    }

    private Fp8Operand gradient(Tensor dy, boolean byColumns) {
        long bytes = dy.elements();
        Optional<KnownMatrix> scaled = known.find(dy, MatrixType.E5M2);
        KnownMatrix slope = scaled.orElseGet(() -> scaled(dy, MatrixType.E5M2));
        long copies = cuda.scratch("FP8 gradients", 2 * bytes).address();
        if (!gradient.equals(Optional.of(slope))) {
            casts.both(copies, copies + bytes, dy, slope, scaled.isPresent());
            gradient = Optional.of(slope);
        }
        return new Fp8Operand(MatrixType.E5M2, byColumns ? copies + bytes : copies, slope.inverse());
    }

    private static long width(Tensor matrix) {
        return matrix.elements() / matrix.dim(0);
    }
}
