package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;

/** RMSNorm (arXiv 1910.07467) with the residual addition before it: sum = x + branch, y = sum · rstd · weight. */
public final class RmsNorm {
    private final Kernels kernels;
    private final Tensor weight;
    private final float eps;

    /** @param weight [D] */
    public RmsNorm(Kernels kernels, Tensor weight, float eps) {
        this.kernels = kernels;
        this.weight = weight;
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

    /** dX += and dWeight += from dY; x is what was normalised. */
    public void backward(Tensor dX, Tensor dWeight, Tensor dY, Tensor x, Tensor rstd) {
        kernels.rmsNormBackward(dX, dWeight, dY, x, rstd, weight);
    }
}
