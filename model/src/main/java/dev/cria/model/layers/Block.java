package dev.cria.model.layers;

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

    public Block(RmsNorm inputNorm, SelfAttention attention, RmsNorm middleNorm, FeedForward feedForward) {
        this.inputNorm = inputNorm;
        this.attention = attention;
        this.middleNorm = middleNorm;
        this.feedForward = feedForward;
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

    /**
     * Fills again what {@link #forward} filled and others have overwritten since, from {@code kept.input}, with the same bits.
     *
     * @param recompute what is missing
     */
    public void recompute(
            Recompute recompute, BlockActivations kept, Scratch scratch, Tensor positions, Sequences sequences) {
        inputNorm.forward(scratch.normed(), kept.inputRstd(), kept.input());
        if (recompute.keepsFeedForward()) {
            attention.attend(scratch.normed(), kept, positions, sequences);
            return;
        }
        attention.forward(scratch.branch(), scratch.normed(), kept, positions, sequences);
        middleNorm.forwardAfterAdd(kept.middle(), scratch.normed(), kept.middleRstd(), kept.input(), scratch.branch());
        feedForward.widen(scratch.normed(), kept.gateUp());
    }

    /** Turns {@code scratch.dResidual} from the gradient of the block's output into that of its input; weight gradients are added. */
    public void backward(BlockActivations kept, Scratch scratch, Tensor positions, Sequences sequences) {
        Tensor dResidual = scratch.dResidual();
        middleNorm.forward(scratch.normed(), kept.middleRstd(), kept.middle());
        feedForward.backward(scratch.dNormed(), dResidual, scratch.normed(), kept.gateUp(), scratch.hidden());
        middleNorm.backward(dResidual, scratch.dNormed(), kept.middle(), kept.middleRstd());
        inputNorm.forward(scratch.normed(), kept.inputRstd(), kept.input());
        attention.backward(scratch.dNormed(), dResidual, scratch.normed(), kept, scratch, positions, sequences);
        inputNorm.backward(dResidual, scratch.dNormed(), kept.input(), kept.inputRstd());
    }
}
