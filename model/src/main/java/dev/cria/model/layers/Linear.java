package dev.cria.model.layers;

import dev.cria.tensor.Tensor;

/** A linear layer of a model that learns, y = x·Wᵀ; what of it learns, and what form its weights have, is its own affair. */
public interface Linear {
    /** y[N,O] of x[N,I]; y is assigned. */
    void forward(Tensor y, Tensor x);

    /**
     * dX[N,I] = gradient of the input from dY[N,O]; adds the gradients of its own weights.
     *
     * @param dX assigned; may be {@code x} itself, for the input is read before it is written
     * @param x the input again
     */
    void backward(Tensor dX, Tensor dY, Tensor x);
}
