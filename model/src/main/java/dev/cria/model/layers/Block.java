package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;

/**
 * One block: middle = input + attention(norm(input)), output = middle + feedForward(norm(middle)).
 *
 * <p>The last addition is left to the norm that follows, which fuses it: {@link #forward} ends with the feed-forward layer's output in
 * {@link Scratch#branch}.
 */
public final class Block {
    private final RmsNorm inputNorm;
    private final SelfAttention attention;
    private final RmsNorm middleNorm;
    private final FeedForward feedForward;

    public Block(Kernels kernels, BlockWeights weights, SelfAttention attention, float eps) {
        this.inputNorm = new RmsNorm(kernels, weights.inputNorm(), eps);
        this.attention = attention;
        this.middleNorm = new RmsNorm(kernels, weights.postAttentionNorm(), eps);
        this.feedForward = new FeedForward(kernels, weights);
    }

    /** The norm at the block's entry, which also adds the branch that the previous block left over. */
    public RmsNorm inputNorm() {
        return inputNorm;
    }

    /** Expects {@code kept.input} and its norm in {@code scratch.normed}; leaves {@code kept.middle} and {@code scratch.branch}. */
    public void forward(BlockActivations kept, Scratch scratch, Tensor positions, Sequences sequences) {
        attention.forward(scratch.branch(), scratch.normed(), kept, positions, sequences);
        middleNorm.forwardAfterAdd(kept.middle(), scratch.normed(), kept.middleRstd(), kept.input(), scratch.branch());
        feedForward.forward(scratch.branch(), scratch.normed(), kept.gateUp(), scratch.hidden());
    }

    /** Turns {@code scratch.dResidual} from the gradient of the block's output into that of its input; weight gradients are added. */
    public void backward(
            BlockActivations kept, Scratch scratch, Tensor positions, Sequences sequences, BlockWeights gradients) {
        Tensor dResidual = scratch.dResidual();
        middleNorm.forward(scratch.normed(), kept.middleRstd(), kept.middle());
        feedForward.backward(
                scratch.dNormed(), dResidual, scratch.normed(), kept.gateUp(), scratch.hidden(), gradients);
        middleNorm.backward(
                dResidual, gradients.postAttentionNorm(), scratch.dNormed(), kept.middle(), kept.middleRstd());
        inputNorm.forward(scratch.normed(), kept.inputRstd(), kept.input());
        attention.backward(
                scratch.dNormed(), dResidual, scratch.normed(), kept, scratch, positions, sequences, gradients);
        inputNorm.backward(dResidual, gradients.inputNorm(), scratch.dNormed(), kept.input(), kept.inputRstd());
    }
}
