package dev.cria.cuda.kernels;

import dev.cria.cuda.gemm.Gemm;
import dev.cria.cuda.gemm.LinearProducts;
import dev.cria.cuda.gemm.StoredProducts;
import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.DType;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import java.util.List;

/** All operations on one GPU, each by the class of its concept. Arguments are checked already ({@link dev.cria.tensor.CheckedKernels}). */
public final class CudaKernels implements Kernels, AutoCloseable {
    private final Magnitudes magnitudes;
    private final LinearProducts products;
    private final StoredProducts storedProducts;
    private final FewRowsKernels fewRows;
    private final BlockKernels blocks;
    private final EmbeddingKernels embedding;
    private final NormKernels norm;
    private final RopeKernels rope;
    private final SwiGluKernels swiGlu;
    private final LossKernels loss;
    private final ElementwiseKernels elementwise;
    private final ConversionKernels conversion;
    private final ReductionKernels reduction;
    private final AdamWKernels adamW;
    private final AttentionChoice attention;
    private final CacheKernels caches;

    /**
     * @param activationType of training; BF16 lets many tokens attend over a cache in it
     * @param tensorFloat whether float32 products may round their operands to TF32, where the arithmetic is not exact
     * @param attention whose attention training takes
     * @param timing whether that may be tried
     */
    public CudaKernels(
            Cuda cuda,
            Gemm gemm,
            DType activationType,
            boolean tensorFloat,
            AttentionEngine attention,
            boolean timing) {
        this.magnitudes = new Magnitudes(cuda);
        this.products = new LinearProducts(gemm, tensorFloat);
        this.storedProducts = new StoredProducts(cuda, gemm, this::convert, tensorFloat);
        this.fewRows = new FewRowsKernels(cuda);
        this.blocks = new BlockKernels(cuda);
        this.embedding = new EmbeddingKernels(cuda);
        this.norm = new NormKernels(cuda, magnitudes);
        this.rope = new RopeKernels(cuda);
        this.swiGlu = new SwiGluKernels(cuda, magnitudes);
        this.loss = new LossKernels(cuda);
        this.elementwise = new ElementwiseKernels(cuda);
        this.conversion = new ConversionKernels(cuda);
        this.reduction = new ReductionKernels(cuda);
        this.adamW = new AdamWKernels(cuda);
        this.attention = new AttentionChoice(cuda, attention, timing);
        this.caches = new CacheKernels(cuda, activationType);
    }

    /** What was decided for this GPU so far, one line each. */
    public List<String> decisions() {
        return attention.decisions();
    }

    /** Those of the outputs y, dx, h and dGateUp of norms and the feed-forward activation. */
    public Magnitudes magnitudes() {
        return magnitudes;
    }

    /** Ends what libraries hold; before the GPU is closed. */
    @Override
    public void close() {
        attention.close();
    }

    @Override
    public void linear(Tensor y, Tensor x, Tensor w, boolean accumulate) {
        products.forward(y, x, w, accumulate);
    }

    @Override
    public void linearBackwardInput(Tensor dx, Tensor dy, Tensor w, boolean accumulate) {
        products.backwardInput(dx, dy, w, accumulate);
    }

    @Override
    public void linearBackwardWeight(Tensor dw, Tensor dy, Tensor x, boolean accumulate) {
        products.backwardWeight(dw, dy, x, accumulate);
    }

    @Override
    public void project(Tensor y, Tensor x, List<Tensor> weights, Arithmetic arithmetic) {
        if (x.dim(0) <= FEW_ROWS) {
            fewRows.project(y, x, weights, arithmetic);
        } else {
            storedProducts.project(y, x, weights, arithmetic);
        }
    }

    @Override
    public void frozenLinear(Tensor y, Tensor x, List<Tensor> weights) {
        storedProducts.frozenForward(y, x, weights);
    }

    @Override
    public void frozenLinearBackwardInput(Tensor dx, Tensor dy, List<Tensor> weights) {
        storedProducts.frozenBackwardInput(dx, dy, weights);
    }

    @Override
    public void putBlock(Tensor matrix, long row, long column, Tensor block, float factor) {
        blocks.put(matrix, row, column, block, factor);
    }

    @Override
    public void addBlock(Tensor block, Tensor matrix, long row, long column, float factor) {
        blocks.add(block, matrix, row, column, factor);
    }

    @Override
    public void addBlockDiagonal(Tensor y, Tensor x, List<Tensor> blocks) {
        this.blocks.addDiagonal(y, x, blocks);
    }

    @Override
    public void embedding(Tensor y, Tensor weight, Tensor ids) {
        embedding.forward(y, weight, ids);
    }

    @Override
    public void embeddingBackward(Tensor dWeight, Tensor dy, Tensor ids) {
        embedding.backward(dWeight, dy, ids);
    }

    @Override
    public void rmsNorm(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps) {
        norm.forward(y, rstd, x, weight, eps);
    }

    @Override
    public void addRmsNorm(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps) {
        norm.addForward(sum, y, rstd, x, delta, weight, eps);
    }

    @Override
    public void rmsNormBackward(Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor rstd, Tensor weight) {
        norm.backward(dx, dWeight, dy, x, rstd, weight);
    }

    @Override
    public void rope(
            Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse, RopeOrder order) {
        rope.rotate(x, rotatedHeads, positions, cos, sin, inverse, order);
    }

    @Override
    public void attention(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        attention.forward(out, logSumExp, qkv, B, T, H, K);
    }

    @Override
    public void attentionBackward(
            Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        attention.backward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K);
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, int past) {
        caches.store(keys, values, qkv, past);
    }

    @Override
    public void attentionCached(Tensor out, Tensor q, Tensor keys, Tensor values, int past, int H) {
        caches.attend(out, q, keys, values, past, H);
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, Tensor slots, Tensor positions) {
        caches.store(keys, values, qkv, slots, positions);
    }

    @Override
    public void attentionCached(
            Tensor out, Tensor q, Tensor keys, Tensor values, Tensor slots, Tensor positions, int H) {
        caches.attend(out, q, keys, values, slots, positions, H);
    }

    @Override
    public void swiGlu(Tensor h, Tensor gateUp) {
        swiGlu.forward(h, gateUp);
    }

    @Override
    public void swiGluBackward(Tensor dGateUp, Tensor dh, Tensor gateUp) {
        swiGlu.backward(dGateUp, dh, gateUp);
    }

    @Override
    public void crossEntropy(Tensor losses, Tensor logits, Tensor targets, Tensor weights, float scale) {
        loss.gradient(losses, logits, targets, weights, scale);
    }

    @Override
    public void negativeLogLikelihood(Tensor losses, Tensor logits, Tensor targets) {
        loss.loss(losses, logits, targets);
    }

    @Override
    public void argMax(Tensor indices, Tensor logits) {
        loss.argMax(indices, logits);
    }

    @Override
    public void add(Tensor y, Tensor x) {
        elementwise.add(y, x);
    }

    @Override
    public void scale(Tensor x, float factor) {
        elementwise.scale(x, factor);
    }

    @Override
    public void dropout(Tensor y, Tensor x, float probability, long stream, boolean accumulate) {
        elementwise.dropout(y, x, probability, stream, accumulate);
    }

    @Override
    public void addNoise(Tensor x, float magnitude, long stream) {
        elementwise.addNoise(x, magnitude, stream);
    }

    @Override
    public void fill(Tensor x, float value) {
        elementwise.fill(x, value);
    }

    @Override
    public void convert(Tensor to, Tensor from) {
        conversion.convert(to, from);
    }

    @Override
    public double sumOfSquares(Tensor x) {
        return reduction.sumOfSquares(x);
    }

    @Override
    public double sum(Tensor x) {
        return reduction.sum(x);
    }

    @Override
    public void adamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, AdamWStep step) {
        adamW.update(parameters, gradients, firstMoment, secondMoment, step);
    }

    @Override
    public void adamW(
            Tensor parameters,
            Tensor rounded,
            Tensor gradients,
            Tensor firstMoment,
            Tensor secondMoment,
            AdamWStep step) {
        adamW.update(parameters, rounded, gradients, firstMoment, secondMoment, step);
    }
}
