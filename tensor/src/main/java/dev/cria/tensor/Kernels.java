package dev.cria.tensor;

import java.util.List;

/**
 * The operations a Llama needs, forward and backward; the model is written once against them and a device brings the fast ones.
 *
 * <p>Shape letters: N rows (tokens; B·T of them in training), B batch, T time, D hidden, I and O a linear layer's inputs and outputs, H query
 * heads, K key/value heads, E head size, F feed-forward width, V vocabulary. Tensors are contiguous and {@link DType#F32} unless said, ids and
 * positions {@link DType#I32}. Outputs must not share memory with inputs unless said. A {@code …Backward} kernel's {@code dX} arguments are
 * gradients of the loss; whether it assigns ({@code =}) or adds ({@code +=}) stands with each.
 *
 * <p>Activations. A device may compute on {@link DType#BF16} activations too ({@link Device#activationType}): the arguments x, y, dx, dy, sum,
 * delta, qkv, out, h, gateUp and logits, and the gradients of these, may then be BF16, all of one call alike; all arithmetic is in float32 and
 * results round to nearest even. The weights of {@link #linear} and {@link #linearBackwardInput} are of the activations' type; gradients of
 * weights, norm weights, rotary tables, rstd, logSumExp, losses and their weights stay F32. What runs a model ({@link #project}, {@link
 * #addBlockDiagonal}, {@link #storeKeysValues}, {@link #attentionCached}, {@link #argMax}) and what moves its parameters is F32 alone.
 *
 * <p>Every implementation gives the same result on every call with the same arguments, whatever the number of threads: work is cut into
 * pieces by shape alone, and sums are taken in a fixed order. Wrong shapes throw {@link IllegalArgumentException}.
 */
public interface Kernels {
    /** Up to so many rows or tokens at once, {@link #project} and {@link #attentionCached} give each the bits it would get alone. */
    int FEW_ROWS = 16;

    // ---- linear layers
    // -------------------------------------------------------------------------------------------------------

    /** y[N,O] = x[N,I] · w[O,I]ᵀ, or += with {@code accumulate}. */
    void linear(Tensor y, Tensor x, Tensor w, boolean accumulate);

    /** dx[N,I] = dy[N,O] · w[O,I], or += with {@code accumulate}. */
    void linearBackwardInput(Tensor dx, Tensor dy, Tensor w, boolean accumulate);

    /** dw[O,I] = dy[N,O]ᵀ · x[N,I], or += with {@code accumulate}. */
    void linearBackwardWeight(Tensor dw, Tensor dy, Tensor x, boolean accumulate);

    /**
     * y[N, ΣO] = x[N,I] · wᵀ for weights as they are stored, one after another: y's first columns are those of the first weight. For running a
     * model, not for training it. Up to {@link #FEW_ROWS} rows, a row's result does not depend on the other rows.
     *
     * @param weights [O,I] each, of any type
     */
    void project(Tensor y, Tensor x, List<Tensor> weights, Arithmetic arithmetic);

    /**
     * The forward pass of weights that do not learn, as they are stored: y[N, ΣO] = x[N,I] · wᵀ, y's first columns being those of the first
     * weight. In the precision that {@link #linear} has.
     *
     * @param weights [O,I] each, of any type
     */
    void frozenLinear(Tensor y, Tensor x, List<Tensor> weights);

    /** dx[N,I] = dy[N, ΣO] · w: the gradient of the input of {@link #frozenLinear}. */
    void frozenLinearBackwardInput(Tensor dx, Tensor dy, List<Tensor> weights);

    /** matrix[row+i, column+j] = factor · block[i,j]; what lies outside the block stays. Both have two dimensions. */
    void putBlock(Tensor matrix, long row, long column, Tensor block, float factor);

    /** block[i,j] += factor · matrix[row+i, column+j]. */
    void addBlock(Tensor block, Tensor matrix, long row, long column, float factor);

    /**
     * y[N, ΣO] += x[N, ΣR] · diag(blocks), a product with a block-diagonal matrix: the first block's R columns of x add to its O columns of y, and
     * so on. The second half of low-rank adapters (arXiv 2106.09685) on layers that share their inputs. Up to {@link #FEW_ROWS} rows, a row's
     * result does not depend on the other rows.
     *
     * @param blocks [R,O] each; R may be 0, where nothing is added
     */
    void addBlockDiagonal(Tensor y, Tensor x, List<Tensor> blocks);

    // ---- embedding
    // -----------------------------------------------------------------------------------------------------------

    /** y[N,D] = weight[ids[n], :]; weight[V,D] of any type. An id outside 0..V-1 throws {@link IndexOutOfBoundsException}. */
    void embedding(Tensor y, Tensor weight, Tensor ids);

    /** dWeight[ids[n], :] += dy[n, :], in the order of n. */
    void embeddingBackward(Tensor dWeight, Tensor dy, Tensor ids);

    // ---- normalisation
    // -------------------------------------------------------------------------------------------------------

    /**
     * RMSNorm (arXiv 1910.07467): rstd[n] = 1/√(mean(x[n,:]²) + eps), y[n,d] = x[n,d]·rstd[n]·weight[d]. x, y [N,D], rstd [N], weight [D].
     */
    void rmsNorm(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps);

    /** Residual and norm in one pass: sum[N,D] = x[N,D] + delta[N,D], then y, rstd = RMSNorm(sum). {@code sum} may be {@code x}. */
    void addRmsNorm(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps);

    /**
     * Backward of {@link #rmsNorm}. dx += weight·rstd·dy − x·rstd³/D·Σ_d(dy·weight·x): added, since the residual stream's gradient is already
     * there; dWeight[D] += Σ_n dy·x·rstd.
     */
    void rmsNormBackward(Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor rstd, Tensor weight);

    // ---- rotary position embedding
    // -------------------------------------------------------------------------------------------

    /**
     * RoPE (arXiv 2104.09864) in place on the first {@code rotatedHeads} heads of each row of x[N, heads, E]: a' = a·cos − b·sin, b' = b·cos +
     * a·sin with cos, sin [P, E/2] taken at row positions[n].
     *
     * @param inverse rotate by the negative angle: the backward of the rotation
     * @param order which two dimensions are a and b
     */
    void rope(Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse, RopeOrder order);

    /** The same in Hugging Face's order. */
    default void rope(Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse) {
        rope(x, rotatedHeads, positions, cos, sin, inverse, RopeOrder.HALVES);
    }

    // ---- attention
    // -----------------------------------------------------------------------------------------------------------

    /**
     * Causal grouped-query attention of B sequences of T tokens, softmax scale 1/√E, in blocks with online softmax (FlashAttention-2, arXiv
     * 2307.08691): never more than a block of scores is stored.
     *
     * @param out [B·T, H, E]
     * @param logSumExp [B, H, T], log Σ exp(scaled scores) of each query, for the backward pass
     * @param qkv [B·T, H+2K, E]: query heads, then key heads, then value heads, already rotated
     */
    void attention(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K);

    /** Backward of {@link #attention}; dQkv is assigned. Shapes as there. */
    void attentionBackward(
            Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K);

    /**
     * Puts the keys and values of N new tokens of one sequence into its cache: keys[past+n] = heads H to H+K−1 of qkv[n], values[past+n] = the K
     * heads after them, converted to the cache's type.
     *
     * @param keys [C, K, E] with C ≥ past + N, of type F32, F16, BF16 or Q8_0
     * @param values [C, K, E] of the same type
     * @param qkv [N, H+2K, E]
     */
    void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, int past);

    /**
     * Attention of N new tokens of one sequence over its cache. The tokens' keys and values are already in the cache: token n stands at
     * position past + n and sees positions 0..past+n. Up to {@link #FEW_ROWS} tokens, a token's result does not depend on the others.
     *
     * @param out [N, H, E]
     * @param q [N, H, E], or the first H heads of rows [N, H+2K, E]
     * @param keys [C, K, E] with C ≥ past + N, of type F32, F16, BF16 or Q8_0
     * @param values [C, K, E] of the same type
     */
    void attentionCached(Tensor out, Tensor q, Tensor keys, Tensor values, int past, int H);

    /**
     * Puts the keys and values of one new token for each of N sequences into their caches: row n of qkv goes to position positions[n] of slot
     * slots[n], converted as {@link #storeKeysValues(Tensor, Tensor, Tensor, int)} does. A row whose slot is -1 is left out. No two rows may name
     * one place.
     *
     * @param keys [S, C, K, E], a cache for each of S slots, of type F32, F16, BF16 or Q8_0
     * @param values [S, C, K, E] of the same type
     * @param qkv [N, H+2K, E]
     * @param slots I32 [N], -1 to S-1
     * @param positions I32 [N], 0 to C-1
     */
    void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, Tensor slots, Tensor positions);

    /**
     * Attention of one token for each of N sequences, each over its own cache: token n sees positions 0 to positions[n] of slot slots[n]. Each has
     * the bits that {@link #attentionCached(Tensor, Tensor, Tensor, Tensor, int, int)} would give it alone. Where the slot is -1, zeros.
     *
     * @param out [N, H, E]
     * @param q [N, H, E], or the first H heads of rows [N, H+2K, E]
     * @param keys [S, C, K, E], of type F32, F16, BF16 or Q8_0
     * @param values [S, C, K, E] of the same type
     * @param slots I32 [N], -1 to S-1
     * @param positions I32 [N], 0 to C-1
     */
    void attentionCached(Tensor out, Tensor q, Tensor keys, Tensor values, Tensor slots, Tensor positions, int H);

    // ---- feed-forward
    // --------------------------------------------------------------------------------------------------------

    /** h[n,f] = silu(gate[n,f])·up[n,f] with gateUp[N, 2F]: gate in columns 0..F-1, up in F..2F-1. */
    void swiGlu(Tensor h, Tensor gateUp);

    /** Backward of {@link #swiGlu}; dGateUp[N, 2F] is assigned and may be {@code gateUp} itself. */
    void swiGluBackward(Tensor dGateUp, Tensor dh, Tensor gateUp);

    // ---- loss
    // ----------------------------------------------------------------------------------------------------------------

    /**
     * Cross-entropy that overwrites logits[N,V] with their gradient: losses[n] = weights[n]·(logΣexp(logits[n,:]) − logits[n, targets[n]])
     * and logits[n,v] = scale·weights[n]·(softmax(logits[n,:])[v] − [v = targets[n]]). A target of -1 gives loss 0 and gradient 0.
     *
     * @param losses [N]
     * @param targets I32 [N]
     * @param weights [N]; a weight of 1 leaves a token's loss as it is
     */
    void crossEntropy(Tensor losses, Tensor logits, Tensor targets, Tensor weights, float scale);

    /** losses[n] = logΣexp(logits[n,:]) − logits[n, targets[n]], 0 where the target is -1; logits are left as they are. */
    void negativeLogLikelihood(Tensor losses, Tensor logits, Tensor targets);

    /** indices[n] = which of logits[n, :] is the largest; of several the first. 0 where a row holds a NaN and nothing else can be said. */
    void argMax(Tensor indices, Tensor logits);

    // ---- element-wise and reductions
    // -----------------------------------------------------------------------------------------

    /** y += x. */
    void add(Tensor y, Tensor x);

    /** x *= factor. */
    void scale(Tensor x, float factor);

    /**
     * Dropout (arXiv 1207.0580): y[i] = x[i]/(1−p), or 0 with probability p; with {@code accumulate} y += that. Element i is dropped where
     * {@link CounterBits#intAt}(stream, i), unsigned, is below p·2³². y may be x.
     *
     * @param probability p, 0 ≤ p < 1
     */
    void dropout(Tensor y, Tensor x, float probability, long stream, boolean accumulate);

    /** x[i] += magnitude·u, u even in [−1, 1): {@link CounterBits#intAt}(stream, i)·2⁻³¹. */
    void addNoise(Tensor x, float magnitude, long stream);

    /** x = value, everywhere. */
    void fill(Tensor x, float value);

    /**
     * Copies between tensors of as many elements, of any types but ids: to F32, BF16 and F16 rounds to nearest even, to a quantised type
     * quantises, from one dequantises ({@link dev.cria.tensor.quant.BlockFormat}).
     *
     * @throws IllegalArgumentException if ids are to become numbers, or numbers ids
     * @throws dev.cria.base.UserError if a value cannot be quantised, being not finite or too large
     */
    void convert(Tensor to, Tensor from);

    /** Σ x², summed in double precision; not finite exactly where x is not. */
    double sumOfSquares(Tensor x);

    /** Σ x, summed in double precision. */
    double sum(Tensor x);

    /**
     * One AdamW update in place: g' = gradientScale·g; m = β₁m + (1−β₁)g'; v = β₂v + (1−β₂)g'²; p −= lr·weightDecay·p; p −= lr·m̂/(√v̂ + ε)
     * with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ). All four have the same number of elements.
     */
    void adamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, AdamWStep step);

    /**
     * The same, and {@code rounded} = the new parameters in bf16, rounded to nearest even: what the next step's products read.
     *
     * @param rounded BF16, as many elements
     */
    default void adamW(
            Tensor parameters,
            Tensor rounded,
            Tensor gradients,
            Tensor firstMoment,
            Tensor secondMoment,
            AdamWStep step) {
        adamW(parameters, gradients, firstMoment, secondMoment, step);
        convert(rounded, parameters);
    }
}
