package dev.cria.model;

import dev.cria.model.layers.BlockActivations;
import dev.cria.model.layers.LmHead;
import dev.cria.model.layers.Recompute;
import dev.cria.model.layers.Scratch;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The working memory of a training step, allocated once for the largest micro-batch. Each block keeps 2D + (H+2K)E + HE + 2F + H + 2
 * numbers a token, unless some are computed again ({@link Recompute}): 3,272 for the 15M shape, 27 MB a block and 300 MB in all at 2,048 tokens; 8,718 for the 110M shape, 71 MB a block and
 * 1.0 GB in all; half as much where activations are bf16.
 */
final class Activations {
    private final LlamaConfig config;
    private final Capacity capacity;
    private final DType type;
    private final Tensor losses;
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
     * @param losses [N], of a pass that is asked at once
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

    Activations(Workspace workspace, LlamaConfig config, Capacity capacity, DType type) {
        this.config = config;
        this.capacity = capacity;
        this.type = type;
        this.losses = workspace.allocate(DType.F32, capacity.microBatches(), capacity.tokens());
        this.whole = allocate(workspace);
        this.current = whole;
    }

    private StepTensors allocate(Workspace w) {
        long n = capacity.tokens();
        long d = config.hiddenSize();
        long f = config.intermediateSize();
        long heads = config.numAttentionHeads() + 2L * config.numKeyValueHeads();
        long e = config.headDim();
        List<BlockActivations> blocks = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            blocks.add(block(w, blocks));
        }
        long chunk = chunkTokens(config, n, type);
        Tensor shared = w.allocate(type, sharedElements(config, n, type));
        Scratch scratch = new Scratch(
                w.allocate(type, n, d),
                w.allocate(type, n, d),
                w.allocate(type, n, d),
                w.allocate(type, n, d),
                part(shared, 0, n, heads, e),
                part(shared, n * config.qkvWidth(), n, config.queryWidth()),
                part(shared, n * (config.qkvWidth() + config.queryWidth()), n, f));
        return new StepTensors(
                capacity.maxBatch(),
                capacity.maxTime(),
                w.allocate(DType.I32, n),
                w.allocate(DType.I32, n),
                w.allocate(DType.I32, n),
                w.allocate(DType.F32, n),
                losses(0, n),
                List.copyOf(blocks),
                w.allocate(type, n, d),
                w.allocate(DType.F32, n),
                scratch,
                part(shared, 0, chunk, config.vocabSize()));
    }

    /** What is computed again needs memory once: all blocks have that of the first. */
    private BlockActivations block(Workspace w, List<BlockActivations> before) {
        long n = capacity.tokens();
        long d = config.hiddenSize();
        int H = config.numAttentionHeads();
        boolean attention = before.isEmpty() || capacity.recompute().keepsAttention();
        boolean feedForward = before.isEmpty() || capacity.recompute().keepsFeedForward();
        Tensor input = w.allocate(type, n, d);
        Tensor inputRstd = w.allocate(DType.F32, n);
        return new BlockActivations(
                input,
                inputRstd,
                attention
                        ? w.allocate(type, n, H + 2L * config.numKeyValueHeads(), config.headDim())
                        : before.getFirst().qkv(),
                attention
                        ? w.allocate(DType.F32, capacity.maxBatch(), H, capacity.maxTime())
                        : before.getFirst().logSumExp(),
                attention
                        ? w.allocate(type, n, config.queryWidth())
                        : before.getFirst().attention(),
                feedForward ? w.allocate(type, n, d) : before.getFirst().middle(),
                feedForward ? w.allocate(DType.F32, n) : before.getFirst().middleRstd(),
                feedForward
                        ? w.allocate(type, n, 2L * config.intermediateSize())
                        : before.getFirst().gateUp());
    }

    /**
     * Logits exist only between the last block's forward and its backward pass, when the blocks' widest scratch tensors hold nothing: they
     * lie in the same memory.
     */
    private static long sharedElements(LlamaConfig config, long n, DType type) {
        return Math.max(chunkTokens(config, n, type) * config.vocabSize(), scratchElements(config, n));
    }

    private static long scratchElements(LlamaConfig config, long n) {
        return n * (config.qkvWidth() + config.queryWidth() + config.intermediateSize());
    }

    /** Rows of logits at a time. A device of bf16 activations is a wide one: it takes all that the shared memory has room for. */
    private static long chunkTokens(LlamaConfig config, long n, DType type) {
        long usual = LmHead.chunkTokens(config.vocabSize(), Math.toIntExact(n));
        return type == DType.F32
                ? usual
                : LmHead.fittingTokens(config.vocabSize(), scratchElements(config, n), usual, n);
    }

    private static Tensor part(Tensor flat, long first, long... dims) {
        long elements = Arrays.stream(dims).reduce(1, Math::multiplyExact);
        return flat.rows(first, first + elements).reshape(dims);
    }

    /** Bytes that the constructor allocates. */
    static long bytes(LlamaConfig config, Capacity capacity, DType type) {
        long n = capacity.tokens();
        long d = config.hiddenSize();
        Recompute recompute = capacity.recompute();
        int L = config.numHiddenLayers();
        long attention = type.bytes(config.qkvWidth() + (long) config.queryWidth()) + 4L * config.numAttentionHeads();
        long feedForward = type.bytes(d + 2L * config.intermediateSize()) + 4;
        long perToken = L * (type.bytes(d) + 4)
                + (recompute.keepsAttention() ? L : 1) * attention
                + (recompute.keepsFeedForward() ? L : 1) * feedForward
                + type.bytes(5 * d)
                + 4L * (5 + capacity.microBatches());
        return n * perToken + type.bytes(sharedElements(config, n, type));
    }

    /** Where the losses of a pass go, [n]. */
    Tensor losses(int pass, long n) {
        return losses.rows(pass, pass + 1L).reshape(capacity.tokens()).rows(0, n);
    }

    /**
     * Views for B sequences of T tokens; the views of the last shape are kept.
     *
     * @throws IllegalArgumentException if they are more tokens than this was made for
     */
    StepTensors views(int batch, int time) {
        if ((long) batch * time > capacity.tokens()) {
            throw new IllegalArgumentException("a batch of " + batch + " x " + time + " tokens; memory was made for "
                    + capacity.maxBatch() + " x " + capacity.maxTime());
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
                losses(0, n),
                blocks,
                whole.finalInput.rows(0, n),
                whole.finalRstd.rows(0, n),
                scratch,
                whole.logits);
    }
}
