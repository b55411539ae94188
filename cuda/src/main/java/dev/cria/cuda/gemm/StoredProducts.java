package dev.cria.cuda.gemm;

import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Products of many rows with weights as they are stored, of any type: a panel of rows of a weight is widened into scratch memory and multiplied
 * there; a weight that already has the operands' type is multiplied where it lies. Each weight's results are columns of y of their own.
 */
public final class StoredProducts {
    /** Large enough for the tensor cores to be busy, small beside any model. */
    private static final long PANEL_BYTES = 128L << 20;

    /** {@link dev.cria.tensor.Kernels#convert}. */
    @FunctionalInterface
    public interface Converter {
        void convert(Tensor to, Tensor from);
    }

    private final Cuda cuda;
    private final Gemm gemm;
    private final Converter converter;
    private final boolean tensorFloat;

    /** @param tensorFloat whether F32 operands may be rounded to TF32 where the arithmetic is not exact */
    public StoredProducts(Cuda cuda, Gemm gemm, Converter converter, boolean tensorFloat) {
        this.cuda = cuda;
        this.gemm = gemm;
        this.converter = converter;
        this.tensorFloat = tensorFloat;
    }

    /** {@link dev.cria.tensor.Kernels#project}: F32 in and out. {@link Arithmetic#FAST} meets weights that are not F32 in bf16. */
    public void project(Tensor y, Tensor x, List<Tensor> weights, Arithmetic arithmetic) {
        boolean fast = arithmetic == Arithmetic.FAST;
        boolean rounds = fast && weights.stream().anyMatch(w -> w.dtype() != DType.F32);
        Tensor rounded = rounds ? as(DType.BF16, x, "rounded inputs") : x;
        long column = 0;
        for (Tensor w : weights) {
            forward(y, column, w.dtype() == DType.F32 ? x : rounded, w, fast && tensorFloat);
            column += w.dim(0);
        }
    }

    /** y[N, ΣO] = x[N,I] · wᵀ in the type of x and y. */
    public void frozenForward(Tensor y, Tensor x, List<Tensor> weights) {
        long column = 0;
        for (Tensor w : weights) {
            forward(y, column, x, w, tensorFloat);
            column += w.dim(0);
        }
    }

    private void forward(Tensor y, long column, Tensor x, Tensor w, boolean tf32) {
        long N = x.dim(0);
        long I = w.dim(1);
        long stride = columns(y);
        long panelRows = panelRows(w, x.dtype());
        for (long row = 0; row < w.dim(0); row += panelRows) {
            Tensor panel = as(x.dtype(), w.rows(row, Math.min(w.dim(0), row + panelRows)), "widened weights");
            gemm.multiply(
                    N,
                    panel.dim(0),
                    I,
                    false,
                    x.data().address(),
                    I,
                    true,
                    panel.data().address(),
                    I,
                    at(y, column + row),
                    stride,
                    x.dtype(),
                    y.dtype(),
                    false,
                    tf32);
        }
    }

    /** dx[N,I] = dy[N, ΣO] · w in the type of dx and dy: the panels add up, first to last. */
    public void frozenBackwardInput(Tensor dx, Tensor dy, List<Tensor> weights) {
        long N = dy.dim(0);
        long I = columns(dx);
        long stride = columns(dy);
        long column = 0;
        boolean accumulate = false;
        for (Tensor w : weights) {
            long panelRows = panelRows(w, dy.dtype());
            for (long row = 0; row < w.dim(0); row += panelRows) {
                Tensor panel = as(dy.dtype(), w.rows(row, Math.min(w.dim(0), row + panelRows)), "widened weights");
                gemm.multiply(
                        N,
                        I,
                        panel.dim(0),
                        false,
                        at(dy, column + row),
                        stride,
                        false,
                        panel.data().address(),
                        I,
                        dx.data().address(),
                        I,
                        dy.dtype(),
                        dx.dtype(),
                        accumulate,
                        tensorFloat);
                accumulate = true;
            }
            column += w.dim(0);
        }
        if (!accumulate) {
            cuda.zero(dx.data().address(), dx.byteSize());
        }
    }

    /** Rows of w that are multiplied at once: all, where nothing is widened. */
    private static long panelRows(Tensor w, DType operands) {
        return w.dtype() == operands || w.dim(1) == 0
                ? Math.max(1, w.dim(0))
                : Math.max(1, PANEL_BYTES / operands.bytes(w.dim(1)));
    }

    /** A matrix in the type of a product's operands: itself, or converted into scratch memory. */
    private Tensor as(DType operands, Tensor matrix, String purpose) {
        if (matrix.dtype() == operands || matrix.elements() == 0) {
            return matrix;
        }
        Tensor converted = scratch(purpose, operands, matrix.dims());
        converter.convert(converted, matrix);
        return converted;
    }

    private Tensor scratch(String purpose, DType dtype, long... dims) {
        long elements = 1;
        for (long dim : dims) {
            elements *= dim;
        }
        long bytes = dtype.bytes(elements);
        Scratch scratch = cuda.scratch(purpose, bytes);
        return Tensor.of(dtype, MemorySegment.ofAddress(scratch.address()).reinterpret(bytes), dims);
    }

    private static long at(Tensor tensor, long column) {
        return tensor.data().address() + tensor.dtype().bytes(column);
    }

    private static long columns(Tensor tensor) {
        long columns = 1;
        for (int i = 1; i < tensor.rank(); i++) {
            columns *= tensor.dim(i);
        }
        return columns;
    }
}
