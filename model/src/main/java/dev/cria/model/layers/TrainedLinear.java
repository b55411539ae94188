package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;

/** A linear layer all of whose weights learn. */
public final class TrainedLinear implements Linear {
    private final Kernels kernels;
    private final Tensor weight;
    private final Tensor gradient;

    /**
     * @param weight [O, I], of the activations' type
     * @param gradient [O, I], float32, added to by {@link #backward}
     */
    public TrainedLinear(Kernels kernels, Tensor weight, Tensor gradient) {
        this.kernels = kernels;
        this.weight = weight;
        this.gradient = gradient;
    }

    @Override
    public void forward(Tensor y, Tensor x) {
        kernels.linear(y, x, weight, false);
    }

    @Override
    public void backward(Tensor dX, Tensor dY, Tensor x) {
        kernels.linearBackwardWeight(gradient, dY, x, true);
        kernels.linearBackwardInput(dX, dY, weight, false);
    }
}
