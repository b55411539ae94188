package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;

/** Causal grouped-query self-attention (arXiv 2305.13245) with rotary positions: out = attention(rope(x·Wqkvᵀ))·Woᵀ. */
public final class SelfAttention {
    private final Kernels kernels;
    private final BlockWeights weights;
    private final int heads;
    private final int keyValueHeads;
    private final Tensor cos;
    private final Tensor sin;

    /**
     * @param heads H
     * @param keyValueHeads K
     * @param cos rotary table [P, E/2]
     * @param sin rotary table [P, E/2]
     */
    public SelfAttention(Kernels kernels, BlockWeights weights, int heads, int keyValueHeads, Tensor cos, Tensor sin) {
        this.kernels = kernels;
        this.weights = weights;
        this.heads = heads;
        this.keyValueHeads = keyValueHeads;
        this.cos = cos;
        this.sin = sin;
    }

    /** out[N,D] of x[N,D], N = B·T; fills {@code qkv}, {@code logSumExp} and {@code attention} of the activations. */
    public void forward(Tensor out, Tensor x, BlockActivations kept, Tensor positions, int B, int T) {
        kernels.linear(kept.qkv(), x, weights.qkv(), false);
        kernels.rope(kept.qkv(), heads + keyValueHeads, positions, cos, sin, false);
        kernels.attention(kept.attention(), kept.logSumExp(), kept.qkv(), B, T, heads, keyValueHeads);
        kernels.linear(out, kept.attention(), weights.output(), false);
    }

    /** dX[N,D] = gradient of the input from dOut[N,D]; weight gradients are added. x is the input again. */
    public void backward(
            Tensor dX,
            Tensor dOut,
            Tensor x,
            BlockActivations kept,
            Scratch scratch,
            Tensor positions,
            int B,
            int T,
            BlockWeights gradients) {
        kernels.linearBackwardInput(scratch.dAttention(), dOut, weights.output(), false);
        kernels.linearBackwardWeight(gradients.output(), dOut, kept.attention(), true);
        kernels.attentionBackward(
                scratch.dQkv(),
                scratch.dAttention(),
                kept.attention(),
                kept.logSumExp(),
                kept.qkv(),
                B,
                T,
                heads,
                keyValueHeads);
        kernels.rope(scratch.dQkv(), heads + keyValueHeads, positions, cos, sin, true);
        kernels.linearBackwardWeight(gradients.qkv(), scratch.dQkv(), x, true);
        kernels.linearBackwardInput(dX, scratch.dQkv(), weights.qkv(), false);
    }

    /**
     * Attention of N new tokens of one sequence over a cache; their keys and values are computed straight into it.
     *
     * @param out [N, D]
     * @param x [N, D]
     * @param q scratch [N, H, E]
     * @param attended scratch [N, H·E]
     * @param keys cache [C, K, E]; rows past..past+N-1 are written
     * @param values cache [C, K, E], likewise
     * @param positions [N], past..past+N-1
     */
    public void forwardCached(
            Tensor out, Tensor x, Tensor q, Tensor attended, Tensor keys, Tensor values, int past, Tensor positions) {
        long E = keys.dim(2);
        long queryRows = heads * E;
        long keyRows = keyValueHeads * E;
        Tensor newKeys = keys.rows(past, past + x.dim(0));
        Tensor newValues = values.rows(past, past + x.dim(0));
        kernels.linear(q, x, weights.qkv().rows(0, queryRows), false);
        kernels.linear(newKeys, x, weights.qkv().rows(queryRows, queryRows + keyRows), false);
        kernels.linear(newValues, x, weights.qkv().rows(queryRows + keyRows, queryRows + 2 * keyRows), false);
        kernels.rope(q, heads, positions, cos, sin, false);
        kernels.rope(newKeys, keyValueHeads, positions, cos, sin, false);
        kernels.attentionCached(attended, q, keys, values, past, heads);
        kernels.linear(out, attended, weights.output(), false);
    }
}
