package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import java.util.List;

/** A linear layer that does not learn; its weights stay where and as they are stored. */
public final class FrozenLinear implements Linear {
    private final Kernels kernels;
    private final List<Tensor> weights;

    /** @param weights [O, I] each, of any type, their outputs one after another */
    public FrozenLinear(Kernels kernels, List<Tensor> weights) {
        this.kernels = kernels;
        this.weights = List.copyOf(weights);
    }

    @Override
    public void forward(Tensor y, Tensor x) {
        kernels.frozenLinear(y, x, weights);
    }

    @Override
    public void backward(Tensor dX, Tensor dY, Tensor x) {
        kernels.frozenLinearBackwardInput(dX, dY, weights);
    }
}
