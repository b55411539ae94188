package dev.cria.model;

import dev.cria.model.layers.BlockActivations;
import dev.cria.model.layers.LmHead;
import dev.cria.model.layers.Scratch;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The working memory of a training step, allocated once for the largest micro-batch. Each block keeps 2D + (H+2K)E + HE + 2F + H + 2
 * numbers a token: 3,272 for the 15M shape, 27 MB a block and 300 MB in all at 2,048 tokens; 8,718 for the 110M shape, 71 MB a block and
 * 1.0 GB in all.
 */
final class Activations {
    private final LlamaConfig config;
    private final int maxBatch;
    private final int maxTime;
    private final StepTensors whole;
    private StepTensors current;

    /**
     * Views for one batch shape.
     *
     * @param batch B
     * @param time T
     * @param ids [N], I32
     * @param targets [N], I32
     * @param positions [N], I32
     * @param weights [N]
     * @param losses [N]
     * @param blocks what each block keeps
     * @param finalInput residual stream before the last norm, [N, D]
     * @param finalRstd [N]
     * @param scratch shared by the blocks
     * @param logits one chunk, [C, V]
     */
    record StepTensors(
            int batch,
            int time,
            Tensor ids,
            Tensor targets,
            Tensor positions,
            Tensor weights,
            Tensor losses,
            List<BlockActivations> blocks,
            Tensor finalInput,
            Tensor finalRstd,
            Scratch scratch,
            Tensor logits) {}

    Activations(Workspace workspace, LlamaConfig config, int maxBatch, int maxTime) {
        this.config = config;
        this.maxBatch = maxBatch;
        this.maxTime = maxTime;
        this.whole = allocate(workspace);
        this.current = whole;
    }

    private StepTensors allocate(Workspace w) {
        long n = (long) maxBatch * maxTime;
        long d = config.hiddenSize();
        long f = config.intermediateSize();
        long heads = config.numAttentionHeads() + 2L * config.numKeyValueHeads();
        long e = config.headDim();
        List<BlockActivations> blocks = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            blocks.add(new BlockActivations(
                    floats(w, n, d),
                    floats(w, n),
                    floats(w, n, heads, e),
                    floats(w, maxBatch, config.numAttentionHeads(), maxTime),
                    floats(w, n, config.queryWidth()),
                    floats(w, n, d),
                    floats(w, n),
                    floats(w, n, 2 * f)));
        }
        int chunk = LmHead.chunkTokens(config.vocabSize(), Math.toIntExact(n));
        Tensor shared = floats(w, sharedElements(config, n));
        Scratch scratch = new Scratch(
                floats(w, n, d),
                floats(w, n, d),
                floats(w, n, d),
                floats(w, n, d),
                part(shared, 0, n, heads, e),
                part(shared, n * config.qkvWidth(), n, config.queryWidth()),
                part(shared, n * (config.qkvWidth() + config.queryWidth()), n, f));
        return new StepTensors(
                maxBatch,
                maxTime,
                w.allocate(DType.I32, n),
                w.allocate(DType.I32, n),
                w.allocate(DType.I32, n),
                floats(w, n),
                floats(w, n),
                List.copyOf(blocks),
                floats(w, n, d),
                floats(w, n),
                scratch,
                part(shared, 0, chunk, config.vocabSize()));
    }

    /**
     * Logits exist only between the last block's forward and its backward pass, when the blocks' widest scratch tensors hold nothing: they
     * lie in the same memory.
     */
    private static long sharedElements(LlamaConfig config, long n) {
        long logits = (long) LmHead.chunkTokens(config.vocabSize(), Math.toIntExact(n)) * config.vocabSize();
        return Math.max(logits, n * (config.qkvWidth() + config.queryWidth() + config.intermediateSize()));
    }

    private static Tensor part(Tensor flat, long first, long... dims) {
        long elements = Arrays.stream(dims).reduce(1, Math::multiplyExact);
        return flat.rows(first, first + elements).reshape(dims);
    }

    private static Tensor floats(Workspace workspace, long... dims) {
        return workspace.allocate(DType.F32, dims);
    }

    /** Bytes that the constructor allocates. */
    static long bytes(LlamaConfig config, int maxBatch, int maxTime) {
        long n = (long) maxBatch * maxTime;
        long d = config.hiddenSize();
        long f = config.intermediateSize();
        long q = config.queryWidth();
        long qkv = config.qkvWidth();
        long block = 2 * d + 2 + qkv + config.numAttentionHeads() + q + 2 * f;
        long once = 5 * d + 6;
        return 4 * (n * (config.numHiddenLayers() * block + once) + sharedElements(config, n));
    }

    /**
     * Views for B sequences of T tokens; the views of the last shape are kept.
     *
     * @throws IllegalArgumentException if they are more tokens than this was made for
     */
    StepTensors views(int batch, int time) {
        if ((long) batch * time > (long) maxBatch * maxTime) {
            throw new IllegalArgumentException("a batch of " + batch + " x " + time + " tokens; memory was made for "
                    + maxBatch + " x " + maxTime);
        }
        if (current.batch != batch || current.time != time) {
            current = viewsOf(batch, time);
        }
        return current;
    }

    private StepTensors viewsOf(int batch, int time) {
        long n = (long) batch * time;
        long scores = n * config.numAttentionHeads();
        List<BlockActivations> blocks = whole.blocks.stream()
                .map(b -> new BlockActivations(
                        b.input().rows(0, n),
                        b.inputRstd().rows(0, n),
                        b.qkv().rows(0, n),
                        b.logSumExp()
                                .reshape(b.logSumExp().elements())
                                .rows(0, scores)
                                .reshape(batch, config.numAttentionHeads(), time),
                        b.attention().rows(0, n),
                        b.middle().rows(0, n),
                        b.middleRstd().rows(0, n),
                        b.gateUp().rows(0, n)))
                .toList();
        Scratch s = whole.scratch;
        Scratch scratch = new Scratch(
                s.normed().rows(0, n),
                s.branch().rows(0, n),
                s.dResidual().rows(0, n),
                s.dNormed().rows(0, n),
                s.dQkv().rows(0, n),
                s.dAttention().rows(0, n),
                s.hidden().rows(0, n));
        return new StepTensors(
                batch,
                time,
                whole.ids.rows(0, n),
                whole.targets.rows(0, n),
                whole.positions.rows(0, n),
                whole.weights.rows(0, n),
                whole.losses.rows(0, n),
                blocks,
                whole.finalInput.rows(0, n),
                whole.finalRstd.rows(0, n),
                scratch,
                whole.logits);
    }
}
