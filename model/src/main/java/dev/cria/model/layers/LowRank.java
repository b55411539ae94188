package dev.cria.model.layers;

import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import java.util.List;

/**
 * What adapters add to linear layers that share their inputs (arXiv 2106.09685): y += (x·downᵀ)·diag(up). Any number of adapters is one such
 * product, their ranks one after another.
 *
 * @param down the matrices A, float32 [ΣR, I]: those of the first layer, one adapter after another, then those of the next
 * @param up for each layer the matrices B, transposed, one adapter after another, and multiplied with what scales them, float32 [R, O]; R is 0
 *     where no adapter changes the layer
 */
public record LowRank(Tensor down, List<Tensor> up) {
    public LowRank {
        up = List.copyOf(up);
    }

    /** ΣR. */
    public int rank() {
        return down.size(0);
    }

    /** Bytes of both factors. */
    public long bytes() {
        return down.byteSize() + up.stream().mapToLong(Tensor::byteSize).sum();
    }

    /**
     * Adds to outputs.
     *
     * @param y [N, ΣO]
     * @param x [N, I]
     * @param scratch at least N·ΣR floats
     */
    void add(Kernels kernels, Tensor y, Tensor x, Tensor scratch) {
        long n = x.dim(0);
        Tensor narrow = scratch.reshape(scratch.elements()).rows(0, n * rank()).reshape(n, rank());
        // The factors are float32 and few: rounding their inputs would gain nothing.
        kernels.project(narrow, x, List.of(down), Arithmetic.EXACT);
        kernels.addBlockDiagonal(y, narrow, up);
    }
}
