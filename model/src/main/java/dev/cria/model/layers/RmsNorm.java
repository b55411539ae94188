package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;

/** RMSNorm (arXiv 1910.07467) with the residual addition before it: sum = x + branch, y = sum · rstd · weight. */
public final class RmsNorm {
    private final Kernels kernels;
    private final Tensor weight;
    private final Tensor gradient;
    private final float eps;

    /**
     * @param weight [D]
     * @param gradient [D], added to by {@link #backward}
     */
    public RmsNorm(Kernels kernels, Tensor weight, Tensor gradient, float eps) {
        this.kernels = kernels;
        this.weight = weight;
        this.gradient = gradient;
        this.eps = eps;
    }

    /** y and rstd of x[N,D]; also how the backward pass gets y again. */
    public void forward(Tensor y, Tensor rstd, Tensor x) {
        kernels.rmsNorm(y, rstd, x, weight, eps);
    }

    /** sum = x + branch, then y and rstd of the sum; all [N,D]. {@code sum} may be {@code x}. */
    public void forwardAfterAdd(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor branch) {
        kernels.addRmsNorm(sum, y, rstd, x, branch, weight, eps);
    }

    /** dX += from dY, and the weight's own gradient; x is what was normalised. */
    public void backward(Tensor dX, Tensor dY, Tensor x, Tensor rstd) {
        kernels.rmsNormBackward(dX, gradient, dY, x, rstd, weight);
    }
}
