package dev.cria.model;

import dev.cria.model.layers.CachedBlock;
import dev.cria.model.layers.CachedTokens;
import dev.cria.model.layers.LayerWeights;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * What running sequences need of a device: a key/value cache for each of S slots, working memory for a chunk of tokens, and the passage of
 * tokens through the blocks. Not thread-safe.
 */
final class SessionMemory implements AutoCloseable {
    /**
     * The cache of a layer.
     *
     * @param keys [C, K, E], or [S, C, K, E]
     * @param values of the same shape
     */
    record Cache(Tensor keys, Tensor values) {
        /** One slot's, [C, K, E]. */
        Cache slot(int slot) {
            return new Cache(slot(keys, slot), slot(values, slot));
        }

        private static Tensor slot(Tensor all, int slot) {
            return all.rows(slot, slot + 1L).reshape(all.dim(1), all.dim(2), all.dim(3));
        }
    }

    private final LlamaConfig config;
    private final LlamaWeights weights;
    private final Device device;
    private final Kernels kernels;
    private final SessionOptions options;
    private final Workspace workspace;
    private final CachedBlock.Setting setting;
    private final List<Cache> caches = new ArrayList<>();
    private final CachedTokens whole;
    private final CachedTokens single;
    private final GrowingLogits logits;
    private final Steps steps;

    SessionMemory(LlamaModel model, SessionOptions options, int slots) {
        this.weights = model.weights();
        this.config = weights.config();
        this.device = model.device();
        this.kernels = device.kernels();
        this.options = options;
        this.workspace = device.workspace();
        boolean made = false;
        try {
            int K = config.numKeyValueHeads();
            int E = config.headDim();
            this.setting = model.blockSetting(workspace, options);
            DType type = options.cache().dtype();
            for (int i = 0; i < weights.layers().size(); i++) {
                caches.add(new Cache(
                        workspace.allocate(type, slots, options.contextLength(), K, E),
                        workspace.allocate(type, slots, options.contextLength(), K, E)));
            }
            this.whole = CachedTokens.allocate(
                    workspace,
                    Math.max(slots, Math.min(device.tokensAtOnce(), options.contextLength())),
                    config.hiddenSize(),
                    config.numAttentionHeads(),
                    K,
                    E,
                    config.intermediateSize(),
                    weights.adapterRank());
            this.single = whole.first(1);
            this.logits = new GrowingLogits(device, config.vocabSize());
            this.steps = new Steps(this, slots);
            made = true;
        } finally {
            if (!made) {
                workspace.close();
            }
        }
    }

    LlamaWeights weights() {
        return weights;
    }

    Device device() {
        return device;
    }

    SessionOptions options() {
        return options;
    }

    /** The cache of every layer, for all slots. */
    List<Cache> caches() {
        return caches;
    }

    /** The blocks over caches of the layers. */
    List<CachedBlock> blocks(List<Cache> over) {
        List<CachedBlock> blocks = new ArrayList<>();
        for (int i = 0; i < over.size(); i++) {
            LayerWeights layer = weights.layers().get(i);
            blocks.add(new CachedBlock(
                    setting, layer, over.get(i).keys(), over.get(i).values()));
        }
        return blocks;
    }

    Workspace workspace() {
        return workspace;
    }

    /** The passes in which each sequence gets one token. */
    Steps steps() {
        return steps;
    }

    /** Most tokens that pass together. */
    int chunk() {
        return whole.count();
    }

    /** Working memory of so many tokens, at most {@link #chunk}. */
    CachedTokens tokens(int n) {
        return n == 1 ? single : n == whole.count() ? whole : whole.first(n);
    }

    /** Room for so many rows of logits, [n, V]; what was handed out before is overwritten. */
    Tensor logits(int n) {
        return logits.rows(n);
    }

    /**
     * Passes tokens through the blocks, up to the normed residual stream.
     *
     * @param ids I32 [N]; may be the memory of the tokens' positions, which are needed later
     * @param blocks each block's part, in order
     */
    void pass(CachedTokens tokens, Tensor ids, Runnable blocks) {
        kernels.embedding(tokens.residual(), weights.embedding(), ids);
        kernels.fill(tokens.branch(), 0);
        blocks.run();
        kernels.addRmsNorm(
                tokens.residual(),
                tokens.normed(),
                tokens.rstd(),
                tokens.residual(),
                tokens.branch(),
                weights.finalNorm(),
                (float) config.rmsNormEps());
    }

    /** Logits of normed rows; to[n, V], normed[n, D]. */
    void head(Tensor to, Tensor normed) {
        kernels.project(to, normed, List.of(weights.head()), options.arithmetic());
    }

    @Override
    public void close() {
        steps.close();
        logits.close();
        workspace.close();
    }
}
