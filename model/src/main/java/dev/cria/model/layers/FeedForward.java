package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;

/** The SwiGLU feed-forward layer (arXiv 2002.05202): out = (silu(x·Wgateᵀ) ⊙ x·Wupᵀ)·Wdownᵀ. */
public final class FeedForward {
    private final Kernels kernels;
    private final BlockWeights weights;

    public FeedForward(Kernels kernels, BlockWeights weights) {
        this.kernels = kernels;
        this.weights = weights;
    }

    /** out[N,D] of x[N,D]; fills gateUp[N,2F] and hidden[N,F]. */
    public void forward(Tensor out, Tensor x, Tensor gateUp, Tensor hidden) {
        kernels.linear(gateUp, x, weights.gateUp(), false);
        kernels.swiGlu(hidden, gateUp);
        kernels.linear(out, hidden, weights.down(), false);
    }

    /**
     * dX[N,D] = gradient of the input from dOut[N,D]; weight gradients are added.
     *
     * @param x the input again
     * @param gateUp as the forward pass left it; overwritten with its gradient
     * @param hidden scratch [N, F]
     */
    public void backward(Tensor dX, Tensor dOut, Tensor x, Tensor gateUp, Tensor hidden, BlockWeights gradients) {
        kernels.swiGlu(hidden, gateUp);
        kernels.linearBackwardWeight(gradients.down(), dOut, hidden, true);
        // The activation has done its part; its memory takes its gradient.
        kernels.linearBackwardInput(hidden, dOut, weights.down(), false);
        kernels.swiGluBackward(gateUp, hidden, gateUp);
        kernels.linearBackwardWeight(gradients.gateUp(), gateUp, x, true);
        kernels.linearBackwardInput(dX, gateUp, weights.gateUp(), false);
    }
}
