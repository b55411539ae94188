package dev.cria.tensor.cpu;

import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import java.util.List;

/**
 * Every operation by vectors on all threads: cuts it into pieces by shape alone and hands them to the pool. Arguments were checked before.
 */
final class VectorKernels implements Kernels {
    /** Rows whose weight gradients are summed before they meet those of other rows. */
    private static final int NORM_ROWS = 64;

    /** Columns of an embedding gradient in a piece; a piece runs over all tokens, so that they add in their order. */
    private static final int EMBEDDING_COLUMNS = 128;

    private final WorkerPool pool;
    private final Pieces pieces;
    private final Gemm gemm;
    private final RowKernels rowKernels;
    private final Attention attention;
    private final CachedAttention cachedAttention;
    private final QuantProjection projection;
    private final FrozenProjection frozen;
    private final VectorBlockDiagonal blockDiagonal;
    private final ThreadScratch scratch = new ThreadScratch();

    /**
     * @param linear products of linear layers, spread over the pool
     * @param rowKernels what lies between products
     * @param projection products of weights as they are stored
     * @param frozen the same for training
     * @param heads attention of one head, on one thread
     * @param cachedAttention attention over a cache
     */
    VectorKernels(
            WorkerPool pool,
            Gemm linear,
            RowKernels rowKernels,
            QuantProjection projection,
            FrozenProjection frozen,
            HeadAttention heads,
            CachedAttention cachedAttention) {
        this.pool = pool;
        this.pieces = new Pieces(pool);
        this.gemm = linear;
        this.rowKernels = rowKernels;
        this.attention = new Attention(pool, heads);
        this.cachedAttention = cachedAttention;
        this.projection = projection;
        this.frozen = frozen;
        this.blockDiagonal = new VectorBlockDiagonal(pool, linear);
    }

    private static long at(Tensor tensor) {
        return tensor.data().address();
    }

    private static int columns(Tensor matrix) {
        return matrix.size(0) == 0 ? 0 : Math.toIntExact(matrix.elements() / matrix.dim(0));
    }

    @Override
    public void linear(Tensor y, Tensor x, Tensor w, boolean accumulate) {
        int O = w.size(0);
        int I = columns(w);
        gemm.multiply(false, true, x.size(0), O, I, at(x), I, at(w), I, accumulate, at(y), O);
    }

    @Override
    public void linearBackwardInput(Tensor dx, Tensor dy, Tensor w, boolean accumulate) {
        int O = w.size(0);
        int I = columns(w);
        gemm.multiply(false, false, dy.size(0), I, O, at(dy), O, at(w), I, accumulate, at(dx), I);
    }

    @Override
    public void linearBackwardWeight(Tensor dw, Tensor dy, Tensor x, boolean accumulate) {
        int O = dw.size(0);
        int I = columns(dw);
        gemm.multiply(true, false, O, I, dy.size(0), at(dy), O, at(x), I, accumulate, at(dw), I);
    }

    @Override
    public void project(Tensor y, Tensor x, List<Tensor> weights, Arithmetic arithmetic) {
        projection.forward(y, x, weights, arithmetic);
    }

    @Override
    public void frozenLinear(Tensor y, Tensor x, List<Tensor> weights) {
        frozen.forward(y, x, weights);
    }

    @Override
    public void frozenLinearBackwardInput(Tensor dx, Tensor dy, List<Tensor> weights) {
        frozen.backwardInput(dx, dy, weights);
    }

    @Override
    public void putBlock(Tensor matrix, long row, long column, Tensor block, float factor) {
        pieces.rows(
                block.size(0),
                block.dim(1),
                (i, count) -> ScalarFrozen.putBlock(matrix, row + i, column, block.rows(i, i + count), factor));
    }

    @Override
    public void addBlock(Tensor block, Tensor matrix, long row, long column, float factor) {
        pieces.rows(
                block.size(0),
                block.dim(1),
                (i, count) -> ScalarFrozen.addBlock(block.rows(i, i + count), matrix, row + i, column, factor));
    }

    @Override
    public void addBlockDiagonal(Tensor y, Tensor x, List<Tensor> blocks) {
        blockDiagonal.forward(y, x, blocks);
    }

    @Override
    public void embedding(Tensor y, Tensor weight, Tensor ids) {
        int D = columns(weight);
        int V = weight.size(0);
        pieces.rows(
                y.size(0),
                D,
                (n, count) -> ScalarEmbedding.forward(
                        at(y) + n * D * Float.BYTES,
                        at(weight),
                        weight.dtype(),
                        at(ids) + n * Integer.BYTES,
                        count,
                        D,
                        V));
    }

    @Override
    public void embeddingBackward(Tensor dWeight, Tensor dy, Tensor ids) {
        int D = columns(dWeight);
        VectorEmbedding.check(at(ids), dy.size(0), dWeight.size(0));
        pieces.run(
                D,
                EMBEDDING_COLUMNS,
                (d, count) -> VectorEmbedding.backward(
                        at(dWeight) + d * Float.BYTES, at(dy) + d * Float.BYTES, at(ids), dy.size(0), D, count));
    }

    @Override
    public void rmsNorm(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps) {
        int D = weight.size(0);
        pieces.rows(x.size(0), D, (n, count) -> {
            long row = n * D * Float.BYTES;
            rowKernels.rmsNorm(count, D, at(y) + row, at(rstd) + n * 4, at(x) + row, at(weight), eps);
        });
    }

    @Override
    public void addRmsNorm(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps) {
        int D = weight.size(0);
        pieces.rows(x.size(0), D, (n, count) -> {
            long row = n * D * Float.BYTES;
            long from = at(x) + row;
            rowKernels.addRmsNorm(
                    count, D, at(sum) + row, at(y) + row, at(rstd) + n * 4, from, at(delta) + row, at(weight), eps);
        });
    }

    @Override
    public void rmsNormBackward(Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor rstd, Tensor weight) {
        int N = x.size(0);
        int D = weight.size(0);
        int blocks = (N + NORM_ROWS - 1) / NORM_ROWS;
        long sumBytes = (long) D * Float.BYTES;
        long sums = scratch.reserve(blocks * sumBytes);
        pieces.run(N, NORM_ROWS, (n, count) -> {
            long row = n * D * Float.BYTES;
            long sum = sums + n / NORM_ROWS * sumBytes;
            Native.zero(sum, sumBytes);
            VectorRmsNorm.backward(
                    at(dx) + row, sum, at(dy) + row, at(x) + row, at(rstd) + n * 4, at(weight), count, D);
        });
        for (int block = 0; block < blocks; block++) {
            VectorElementwise.add(at(dWeight), at(dWeight), sums + block * sumBytes, D);
        }
    }

    @Override
    public void rope(
            Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse, RopeOrder order) {
        int heads = x.size(1);
        int E = x.size(2);
        pieces.rows(
                x.size(0),
                (long) heads * E,
                (n, count) -> rowKernels.rope(
                        count,
                        heads,
                        E,
                        rotatedHeads,
                        at(x) + n * heads * E * Float.BYTES,
                        at(positions) + n * Integer.BYTES,
                        at(cos),
                        at(sin),
                        cos.size(0),
                        inverse,
                        order));
    }

    @Override
    public void attention(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        attention.forward(at(out), at(logSumExp), at(qkv), new AttentionShape(B, T, H, K, qkv.size(2)));
    }

    @Override
    public void attentionBackward(
            Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        attention.backward(
                at(dQkv), at(dOut), at(out), at(logSumExp), at(qkv), new AttentionShape(B, T, H, K, qkv.size(2)));
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, int past) {
        CacheWriter.store(keys, values, qkv, past, rowKernels::toHalves);
    }

    @Override
    public void attentionCached(Tensor out, Tensor q, Tensor keys, Tensor values, int past, int H) {
        int E = keys.size(2);
        cachedAttention.forward(
                at(out), at(q), q.dim(1) * E, at(keys), at(values), keys.dtype(), q.size(0), past, H, keys.size(1), E);
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, Tensor slots, Tensor positions) {
        CacheWriter.store(keys, values, qkv, CachePlaces.of(keys, slots, positions), rowKernels::toHalves);
    }

    @Override
    public void attentionCached(
            Tensor out, Tensor q, Tensor keys, Tensor values, Tensor slots, Tensor positions, int H) {
        int K = keys.size(2);
        int E = keys.size(3);
        CachePlaces places = CachePlaces.of(keys, slots, positions);
        cachedAttention.slots(at(out), at(q), q.dim(1) * E, at(keys), at(values), keys.dtype(), places, H, K, E);
    }

    @Override
    public void swiGlu(Tensor h, Tensor gateUp) {
        int F = columns(h);
        pieces.rows(
                h.size(0),
                2L * F,
                (n, count) ->
                        rowKernels.swiGlu(count, F, at(h) + n * F * Float.BYTES, at(gateUp) + n * 2 * F * Float.BYTES));
    }

    @Override
    public void swiGluBackward(Tensor dGateUp, Tensor dh, Tensor gateUp) {
        int F = columns(dh);
        pieces.rows(dh.size(0), 2L * F, (n, count) -> {
            long row = n * 2 * F * Float.BYTES;
            VectorSwiGlu.backward(at(dGateUp) + row, at(dh) + n * F * Float.BYTES, at(gateUp) + row, count, F);
        });
    }

    @Override
    public void crossEntropy(Tensor losses, Tensor logits, Tensor targets, Tensor weights, float scale) {
        int V = columns(logits);
        pieces.rows(
                logits.size(0),
                V,
                (n, count) -> VectorCrossEntropy.gradient(
                        at(losses) + n * 4,
                        at(logits) + n * V * 4,
                        at(targets) + n * 4,
                        at(weights) + n * 4,
                        count,
                        V,
                        scale));
    }

    @Override
    public void negativeLogLikelihood(Tensor losses, Tensor logits, Tensor targets) {
        int V = columns(logits);
        pieces.rows(
                logits.size(0),
                V,
                (n, count) -> rowKernels.negativeLogLikelihood(
                        count, V, at(losses) + n * 4, at(logits) + n * V * 4, at(targets) + n * 4));
    }

    @Override
    public void argMax(Tensor indices, Tensor logits) {
        int V = columns(logits);
        pieces.rows(
                logits.size(0),
                V,
                (n, count) -> rowKernels.argMax(count, V, at(indices) + n * 4, at(logits) + n * V * 4));
    }

    @Override
    public void add(Tensor y, Tensor x) {
        pieces.flat(x, (i, count) -> VectorElementwise.add(at(y) + i * 4, at(y) + i * 4, at(x) + i * 4, count));
    }

    @Override
    public void scale(Tensor x, float factor) {
        pieces.flat(x, (i, count) -> VectorElementwise.scale(at(x) + i * 4, factor, count));
    }

    @Override
    public void dropout(Tensor y, Tensor x, float probability, long stream, boolean accumulate) {
        pieces.flat(
                x,
                (i, count) ->
                        VectorNoise.dropout(at(y) + i * 4, at(x) + i * 4, probability, stream, i, count, accumulate));
    }

    @Override
    public void addNoise(Tensor x, float magnitude, long stream) {
        pieces.flat(x, (i, count) -> VectorNoise.add(at(x) + i * 4, magnitude, stream, i, count));
    }

    @Override
    public void fill(Tensor x, float value) {
        boolean zero = Float.floatToRawIntBits(value) == 0;
        pieces.flat(x, (i, count) -> {
            if (zero) {
                Native.zero(at(x) + i * 4, count * 4L);
            } else {
                VectorElementwise.fill(at(x) + i * 4, value, count);
            }
        });
    }

    @Override
    public void convert(Tensor to, Tensor from) {
        pieces.flat(
                from,
                (i, count) -> VectorConvert.convert(
                        at(to) + to.dtype().bytes(i),
                        to.dtype(),
                        at(from) + from.dtype().bytes(i),
                        from.dtype(),
                        count));
    }

    @Override
    public double sumOfSquares(Tensor x) {
        return pieces.total(x, VectorSums::sumOfSquares);
    }

    @Override
    public double sum(Tensor x) {
        return pieces.total(x, VectorSums::sum);
    }

    @Override
    public void adamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, AdamWStep step) {
        pieces.flat(
                parameters,
                (i, count) -> VectorElementwise.adamW(
                        at(parameters) + i * 4,
                        at(gradients) + i * 4,
                        at(firstMoment) + i * 4,
                        at(secondMoment) + i * 4,
                        step,
                        count));
    }
}
