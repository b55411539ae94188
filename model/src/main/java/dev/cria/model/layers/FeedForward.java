package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;

/** The SwiGLU feed-forward layer (arXiv 2002.05202): out = (silu(x·Wgateᵀ) ⊙ x·Wupᵀ)·Wdownᵀ. */
public final class FeedForward {
    private final Kernels kernels;
    private final Linear gateUp;
    private final Linear down;

    /**
     * @param gateUp I = D, O = 2F
     * @param down I = F, O = D
     */
    public FeedForward(Kernels kernels, Linear gateUp, Linear down) {
        this.kernels = kernels;
        this.gateUp = gateUp;
        this.down = down;
    }

    /** out[N,D] of x[N,D]; fills gateUps[N,2F] and hidden[N,F]. */
    public void forward(Tensor out, Tensor x, Tensor gateUps, Tensor hidden) {
        gateUp.forward(gateUps, x);
        kernels.swiGlu(hidden, gateUps);
        down.forward(out, hidden);
    }

    /** gateUps[N,2F] of x[N,D] alone. */
    void widen(Tensor x, Tensor gateUps) {
        gateUp.forward(gateUps, x);
    }

    /**
     * dX[N,D] = gradient of the input from dOut[N,D]; weight gradients are added.
     *
     * @param x the input again
     * @param gateUps as the forward pass left it; overwritten with its gradient
     * @param hidden scratch [N, F]
     */
    public void backward(Tensor dX, Tensor dOut, Tensor x, Tensor gateUps, Tensor hidden) {
        kernels.swiGlu(hidden, gateUps);
        // Once its layer has read it, the activation's memory takes its gradient.
        down.backward(hidden, dOut, hidden);
        kernels.swiGluBackward(gateUps, hidden, gateUps);
        gateUp.backward(dX, gateUps, x);
    }
}
