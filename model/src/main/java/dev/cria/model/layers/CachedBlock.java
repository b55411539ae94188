package dev.cria.model.layers;

import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * One block of a running model: N new tokens over a cache, of one sequence or of several that share beginnings. The same mathematics as
 * {@link Block}, over weights as they are stored and without what a backward pass needs.
 */
public final class CachedBlock {
    /**
     * What all blocks of a session have in common.
     *
     * @param heads H
     * @param keyValueHeads K
     * @param eps of the norms
     * @param cos rotary table [P, E/2]
     * @param sin rotary table [P, E/2]
     * @param order which dimensions rotate together
     * @param arithmetic how linear layers take their inputs in
     */
    public record Setting(
            Kernels kernels,
            int heads,
            int keyValueHeads,
            float eps,
            Tensor cos,
            Tensor sin,
            RopeOrder order,
            Arithmetic arithmetic) {}

    private final Setting setting;
    private final LayerWeights weights;
    private final Tensor keys;
    private final Tensor values;

    /**
     * @param keys this layer's cache, [C, K, E]; [S, C, K, E] for several sequences that share nothing
     * @param values likewise
     */
    public CachedBlock(Setting setting, LayerWeights weights, Tensor keys, Tensor values) {
        this.setting = setting;
        this.weights = weights;
        this.keys = keys;
        this.values = values;
    }

    /**
     * Takes the residual stream in {@code tokens.residual} less what the previous block left in {@code tokens.branch}, and leaves its own two
     * parts there. The first block finds a branch of zeros.
     *
     * @param past tokens in the cache
     */
    public void forward(CachedTokens tokens, int past) {
        project(tokens);
        setting.kernels.storeKeysValues(keys, values, tokens.qkv(), past);
        setting.kernels.attentionCached(tokens.attended(), tokens.qkv(), keys, values, past, setting.heads);
        finish(tokens);
    }

    /**
     * The same for tokens of several sequences. Pieces come one after another: each puts its keys and values over whatever the cache holds at
     * its positions, and sees what the cache then holds before them.
     */
    public void forward(CachedTokens tokens, List<CachedPiece> pieces) {
        project(tokens);
        for (CachedPiece piece : pieces) {
            setting.kernels.storeKeysValues(keys, values, piece.fresh(), piece.past());
            if (piece.queries().dim(0) > 0) {
                setting.kernels.attentionCached(
                        piece.attended(), piece.queries(), keys, values, piece.firstQuery(), setting.heads);
            }
        }
        finish(tokens);
    }

    /**
     * The same for one token of each of several sequences that share nothing, over caches [S, C, K, E]. Each token stands at its entry of {@code
     * tokens.positions}, to which its cache is filled.
     *
     * @param slots whose cache each token belongs to, I32 [N]
     */
    public void forward(CachedTokens tokens, Tensor slots) {
        project(tokens);
        setting.kernels.storeKeysValues(keys, values, tokens.qkv(), slots, tokens.positions());
        setting.kernels.attentionCached(
                tokens.attended(), tokens.qkv(), keys, values, slots, tokens.positions(), setting.heads);
        finish(tokens);
    }

    /** Queries, keys and values of all tokens, rotated. */
    private void project(CachedTokens tokens) {
        norm(tokens, weights.inputNorm());
        setting.kernels.project(tokens.qkvRows(), tokens.normed(), weights.qkv(), setting.arithmetic);
        adapt(weights.adapter().qkv(), tokens.qkvRows(), tokens.normed(), tokens);
        setting.kernels.rope(
                tokens.qkv(),
                setting.heads + setting.keyValueHeads,
                tokens.positions(),
                setting.cos,
                setting.sin,
                false,
                setting.order);
    }

    /** What comes after attention. */
    private void finish(CachedTokens tokens) {
        Kernels kernels = setting.kernels;
        kernels.project(tokens.branch(), tokens.attended(), List.of(weights.output()), setting.arithmetic);
        adapt(weights.adapter().output(), tokens.branch(), tokens.attended(), tokens);
        norm(tokens, weights.postAttentionNorm());
        kernels.project(tokens.gateUp(), tokens.normed(), weights.gateUp(), setting.arithmetic);
        adapt(weights.adapter().gateUp(), tokens.gateUp(), tokens.normed(), tokens);
        kernels.swiGlu(tokens.hidden(), tokens.gateUp());
        kernels.project(tokens.branch(), tokens.hidden(), List.of(weights.down()), setting.arithmetic);
        adapt(weights.adapter().down(), tokens.branch(), tokens.hidden(), tokens);
    }

    private void adapt(Optional<LowRank> adapter, Tensor y, Tensor x, CachedTokens tokens) {
        if (adapter.isPresent()) {
            adapter.get().add(setting.kernels, y, x, tokens.narrow());
        }
    }

    private void norm(CachedTokens tokens, Tensor weight) {
        setting.kernels.addRmsNorm(
                tokens.residual(),
                tokens.normed(),
                tokens.rstd(),
                tokens.residual(),
                tokens.branch(),
                weight,
                setting.eps);
    }
}
