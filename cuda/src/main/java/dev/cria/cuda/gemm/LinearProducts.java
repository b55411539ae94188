package dev.cria.cuda.gemm;

import dev.cria.tensor.Tensor;

/** The three products of a linear layer, w[O,I]. Inputs and weights are of one type, F32 or BF16. */
public final class LinearProducts {
    private final Gemm gemm;
    private final boolean tensorFloat;

    /** @param tensorFloat whether F32 operands may be rounded to TF32 */
    public LinearProducts(Gemm gemm, boolean tensorFloat) {
        this.gemm = gemm;
        this.tensorFloat = tensorFloat;
    }

    /** y[N,O] = x[N,I] · w[O,I]ᵀ, or += . */
    public void forward(Tensor y, Tensor x, Tensor w, boolean accumulate) {
        long N = x.dim(0);
        long O = w.dim(0);
        long I = columns(w);
        gemm.multiply(
                N,
                O,
                I,
                false,
                address(x),
                I,
                true,
                address(w),
                I,
                address(y),
                O,
                x.dtype(),
                y.dtype(),
                accumulate,
                tensorFloat);
    }

    /** dx[N,I] = dy[N,O] · w[O,I], or += . */
    public void backwardInput(Tensor dx, Tensor dy, Tensor w, boolean accumulate) {
        long N = dy.dim(0);
        long O = w.dim(0);
        long I = columns(w);
        gemm.multiply(
                N,
                I,
                O,
                false,
                address(dy),
                O,
                false,
                address(w),
                I,
                address(dx),
                I,
                dy.dtype(),
                dx.dtype(),
                accumulate,
                tensorFloat);
    }

    /** dw[O,I] = dy[N,O]ᵀ · x[N,I], or += . */
    public void backwardWeight(Tensor dw, Tensor dy, Tensor x, boolean accumulate) {
        long N = dy.dim(0);
        long O = dw.dim(0);
        long I = columns(dw);
        gemm.multiply(
                O,
                I,
                N,
                true,
                address(dy),
                O,
                false,
                address(x),
                I,
                address(dw),
                I,
                dy.dtype(),
                dw.dtype(),
                accumulate,
                tensorFloat);
    }

    private static long address(Tensor tensor) {
        return tensor.data().address();
    }

    /** All dimensions but the first. */
    private static long columns(Tensor tensor) {
        long columns = 1;
        for (int i = 1; i < tensor.rank(); i++) {
            columns *= tensor.dim(i);
        }
        return columns;
    }
}
