package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;

/** Causal grouped-query self-attention (arXiv 2305.13245) with rotary positions: out = attention(rope(x·Wqkvᵀ))·Woᵀ. */
public final class SelfAttention {
    private final Kernels kernels;
    private final Linear qkv;
    private final Linear output;
    private final int heads;
    private final int keyValueHeads;
    private final Tensor cos;
    private final Tensor sin;
    private final RopeOrder order;

    /**
     * @param qkv I = D, O = (H+2K)·E
     * @param output I = H·E, O = D
     * @param heads H
     * @param keyValueHeads K
     * @param cos rotary table [P, E/2]
     * @param sin rotary table [P, E/2]
     * @param order which dimensions of queries and keys rotate together
     */
    public SelfAttention(
            Kernels kernels,
            Linear qkv,
            Linear output,
            int heads,
            int keyValueHeads,
            Tensor cos,
            Tensor sin,
            RopeOrder order) {
        this.kernels = kernels;
        this.qkv = qkv;
        this.output = output;
        this.heads = heads;
        this.keyValueHeads = keyValueHeads;
        this.cos = cos;
        this.sin = sin;
        this.order = order;
    }

    /** out[N,D] of x[N,D], N = B·T; fills {@code qkv}, {@code logSumExp} and {@code attention} of the activations. */
    public void forward(Tensor out, Tensor x, BlockActivations kept, Tensor positions, Sequences sequences) {
        attend(x, kept, positions, sequences);
        output.forward(out, kept.attention());
    }

    /** The forward pass up to attention's output, before its projection. */
    void attend(Tensor x, BlockActivations kept, Tensor positions, Sequences sequences) {
        qkv.forward(kept.qkv(), x);
        kernels.rope(kept.qkv(), heads + keyValueHeads, positions, cos, sin, false, order);
        sequences.forEach((first, B, T) -> {
            long end = first + (long) B * T;
            kernels.attention(
                    kept.attention().rows(first, end),
                    scores(kept, first, B, T),
                    kept.qkv().rows(first, end),
                    B,
                    T,
                    heads,
                    keyValueHeads);
        });
    }

    /** dX[N,D] = gradient of the input from dOut[N,D]; weight gradients are added. x is the input again. */
    public void backward(
            Tensor dX,
            Tensor dOut,
            Tensor x,
            BlockActivations kept,
            Scratch scratch,
            Tensor positions,
            Sequences sequences) {
        output.backward(scratch.dAttention(), dOut, kept.attention());
        sequences.forEach((first, B, T) -> {
            long end = first + (long) B * T;
            kernels.attentionBackward(
                    scratch.dQkv().rows(first, end),
                    scratch.dAttention().rows(first, end),
                    kept.attention().rows(first, end),
                    scores(kept, first, B, T),
                    kept.qkv().rows(first, end),
                    B,
                    T,
                    heads,
                    keyValueHeads);
        });
        kernels.rope(scratch.dQkv(), heads + keyValueHeads, positions, cos, sin, true, order);
        qkv.backward(dX, scratch.dQkv(), x);
    }

    /** The log-sum-exps of a stretch, [B, H, T]: each token has H of them, so a stretch's lie together. */
    private Tensor scores(BlockActivations kept, long first, int B, int T) {
        Tensor all = kept.logSumExp();
        return all.reshape(all.elements())
                .rows(first * heads, (first + (long) B * T) * heads)
                .reshape(B, heads, T);
    }
}
