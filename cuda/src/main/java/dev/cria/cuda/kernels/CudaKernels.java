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
public final class CudaKernels implements Kernels {
    private final Cuda cuda;
    private final LinearProducts products;
    private final StoredProducts storedProducts;
    private final AttentionKernels attention;
    private final CacheKernels caches;

    /**
     * @param activationType of training; BF16 lets many tokens attend over a cache in it
     * @param tensorFloat whether float32 products may round their operands to TF32, where the arithmetic is not exact
     */
    public CudaKernels(Cuda cuda, Gemm gemm, DType activationType, boolean tensorFloat) {
        this.cuda = cuda;
        this.products = new LinearProducts(gemm, tensorFloat);
        this.storedProducts = new StoredProducts(cuda, gemm, this::convert, tensorFloat);
        this.attention = new AttentionKernels(cuda);
        this.caches = new CacheKernels(cuda, activationType);
    }

    private UnsupportedOperationException absent(String operation) {
        return new UnsupportedOperationException(
                operation + " on " + cuda.card().name());
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
        storedProducts.project(y, x, weights, arithmetic);
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
        throw absent("putBlock");
    }

    @Override
    public void addBlock(Tensor block, Tensor matrix, long row, long column, float factor) {
        throw absent("addBlock");
    }

    @Override
    public void addBlockDiagonal(Tensor y, Tensor x, List<Tensor> blocks) {
        throw absent("addBlockDiagonal");
    }

    @Override
    public void embedding(Tensor y, Tensor weight, Tensor ids) {
        throw absent("embedding");
    }

    @Override
    public void embeddingBackward(Tensor dWeight, Tensor dy, Tensor ids) {
        throw absent("embeddingBackward");
    }

    @Override
    public void rmsNorm(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps) {
        throw absent("rmsNorm");
    }

    @Override
    public void addRmsNorm(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps) {
        throw absent("addRmsNorm");
    }

    @Override
    public void rmsNormBackward(Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor rstd, Tensor weight) {
        throw absent("rmsNormBackward");
    }

    @Override
    public void rope(
            Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse, RopeOrder order) {
        throw absent("rope");
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
        throw absent("swiGlu");
    }

    @Override
    public void swiGluBackward(Tensor dGateUp, Tensor dh, Tensor gateUp) {
        throw absent("swiGluBackward");
    }

    @Override
    public void crossEntropy(Tensor losses, Tensor logits, Tensor targets, Tensor weights, float scale) {
        throw absent("crossEntropy");
    }

    @Override
    public void negativeLogLikelihood(Tensor losses, Tensor logits, Tensor targets) {
        throw absent("negativeLogLikelihood");
    }

    @Override
    public void argMax(Tensor indices, Tensor logits) {
        throw absent("argMax");
    }

    @Override
    public void add(Tensor y, Tensor x) {
        throw absent("add");
    }

    @Override
    public void scale(Tensor x, float factor) {
        throw absent("scale");
    }

    @Override
    public void dropout(Tensor y, Tensor x, float probability, long stream, boolean accumulate) {
        throw absent("dropout");
    }

    @Override
    public void addNoise(Tensor x, float magnitude, long stream) {
        throw absent("addNoise");
    }

    @Override
    public void fill(Tensor x, float value) {
        throw absent("fill");
    }

    @Override
    public void convert(Tensor to, Tensor from) {
        throw absent("convert");
    }

    @Override
    public double sumOfSquares(Tensor x) {
        throw absent("sumOfSquares");
    }

    @Override
    public double sum(Tensor x) {
        throw absent("sum");
    }

    @Override
    public void adamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, AdamWStep step) {
        throw absent("adamW");
    }
}
