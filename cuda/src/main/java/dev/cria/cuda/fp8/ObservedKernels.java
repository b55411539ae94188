package dev.cria.cuda.fp8;

import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import java.util.List;
import java.util.function.Consumer;

/** Kernels whose every output is told to an observer, once the kernel that writes it is started. */
class ObservedKernels implements Kernels {
    private final Kernels kernels;
    private final Consumer<Tensor> written;

    /** @param written takes each tensor that a kernel writes to */
    ObservedKernels(Kernels kernels, Consumer<Tensor> written) {
        this.kernels = kernels;
        this.written = written;
    }

    final void wrote(Tensor... tensors) {
        for (Tensor tensor : tensors) {
            written.accept(tensor);
        }
    }

    @Override
    public void linear(Tensor y, Tensor x, Tensor w, boolean accumulate) {
        kernels.linear(y, x, w, accumulate);
        wrote(y);
    }

    @Override
    public void linearBackwardInput(Tensor dx, Tensor dy, Tensor w, boolean accumulate) {
        kernels.linearBackwardInput(dx, dy, w, accumulate);
        wrote(dx);
    }

    @Override
    public void linearBackwardWeight(Tensor dw, Tensor dy, Tensor x, boolean accumulate) {
        kernels.linearBackwardWeight(dw, dy, x, accumulate);
        wrote(dw);
    }

    @Override
    public void project(Tensor y, Tensor x, List<Tensor> weights, Arithmetic arithmetic) {
        kernels.project(y, x, weights, arithmetic);
        wrote(y);
    }

    @Override
    public void frozenLinear(Tensor y, Tensor x, List<Tensor> weights) {
        kernels.frozenLinear(y, x, weights);
        wrote(y);
    }

    @Override
    public void frozenLinearBackwardInput(Tensor dx, Tensor dy, List<Tensor> weights) {
        kernels.frozenLinearBackwardInput(dx, dy, weights);
        wrote(dx);
    }

    @Override
    public void putBlock(Tensor matrix, long row, long column, Tensor block, float factor) {
        kernels.putBlock(matrix, row, column, block, factor);
        wrote(matrix);
    }

    @Override
    public void addBlock(Tensor block, Tensor matrix, long row, long column, float factor) {
        kernels.addBlock(block, matrix, row, column, factor);
        wrote(block);
    }

    @Override
    public void addBlockDiagonal(Tensor y, Tensor x, List<Tensor> blocks) {
        kernels.addBlockDiagonal(y, x, blocks);
        wrote(y);
    }

    @Override
    public void embedding(Tensor y, Tensor weight, Tensor ids) {
        kernels.embedding(y, weight, ids);
        wrote(y);
    }

    @Override
    public void embeddingBackward(Tensor dWeight, Tensor dy, Tensor ids) {
        kernels.embeddingBackward(dWeight, dy, ids);
        wrote(dWeight);
    }

    @Override
    public void rmsNorm(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps) {
        kernels.rmsNorm(y, rstd, x, weight, eps);
        wrote(y, rstd);
    }

    @Override
    public void addRmsNorm(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps) {
        kernels.addRmsNorm(sum, y, rstd, x, delta, weight, eps);
        wrote(sum, y, rstd);
    }

    @Override
    public void rmsNormBackward(Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor rstd, Tensor weight) {
        kernels.rmsNormBackward(dx, dWeight, dy, x, rstd, weight);
        wrote(dx, dWeight);
    }

    @Override
    public void rope(
            Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse, RopeOrder order) {
        kernels.rope(x, rotatedHeads, positions, cos, sin, inverse, order);
        wrote(x);
    }

    @Override
    public void attention(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        kernels.attention(out, logSumExp, qkv, B, T, H, K);
        wrote(out, logSumExp);
    }

    @Override
    public void attentionBackward(
            Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        kernels.attentionBackward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K);
        wrote(dQkv);
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, int past) {
        kernels.storeKeysValues(keys, values, qkv, past);
        wrote(keys, values);
    }

    @Override
    public void attentionCached(Tensor out, Tensor q, Tensor keys, Tensor values, int past, int H) {
        kernels.attentionCached(out, q, keys, values, past, H);
        wrote(out);
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, Tensor slots, Tensor positions) {
        kernels.storeKeysValues(keys, values, qkv, slots, positions);
        wrote(keys, values);
    }

    @Override
    public void attentionCached(
            Tensor out, Tensor q, Tensor keys, Tensor values, Tensor slots, Tensor positions, int H) {
        kernels.attentionCached(out, q, keys, values, slots, positions, H);
        wrote(out);
    }

    @Override
    public void swiGlu(Tensor h, Tensor gateUp) {
        kernels.swiGlu(h, gateUp);
        wrote(h);
    }

    @Override
    public void swiGluBackward(Tensor dGateUp, Tensor dh, Tensor gateUp) {
        kernels.swiGluBackward(dGateUp, dh, gateUp);
        wrote(dGateUp);
    }

    @Override
    public void crossEntropy(Tensor losses, Tensor logits, Tensor targets, Tensor weights, float scale) {
        kernels.crossEntropy(losses, logits, targets, weights, scale);
        wrote(losses, logits);
    }

    @Override
    public void negativeLogLikelihood(Tensor losses, Tensor logits, Tensor targets) {
        kernels.negativeLogLikelihood(losses, logits, targets);
        wrote(losses);
    }

    @Override
    public void argMax(Tensor indices, Tensor logits) {
        kernels.argMax(indices, logits);
        wrote(indices);
    }

    @Override
    public void add(Tensor y, Tensor x) {
        kernels.add(y, x);
        wrote(y);
    }

    @Override
    public void scale(Tensor x, float factor) {
        kernels.scale(x, factor);
        wrote(x);
    }

    @Override
    public void dropout(Tensor y, Tensor x, float probability, long stream, boolean accumulate) {
        kernels.dropout(y, x, probability, stream, accumulate);
        wrote(y);
    }

    @Override
    public void addNoise(Tensor x, float magnitude, long stream) {
        kernels.addNoise(x, magnitude, stream);
        wrote(x);
    }

    @Override
    public void fill(Tensor x, float value) {
        kernels.fill(x, value);
        wrote(x);
    }

    @Override
    public void convert(Tensor to, Tensor from) {
        kernels.convert(to, from);
        wrote(to);
    }

    @Override
    public double sumOfSquares(Tensor x) {
        return kernels.sumOfSquares(x);
    }

    @Override
    public double sum(Tensor x) {
        return kernels.sum(x);
    }

    @Override
    public void adamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, AdamWStep step) {
        kernels.adamW(parameters, gradients, firstMoment, secondMoment, step);
        wrote(parameters, firstMoment, secondMoment);
    }

    @Override
    public void adamW(
            Tensor parameters,
            Tensor rounded,
            Tensor gradients,
            Tensor firstMoment,
            Tensor secondMoment,
            AdamWStep step) {
        kernels.adamW(parameters, rounded, gradients, firstMoment, secondMoment, step);
        wrote(parameters, rounded, firstMoment, secondMoment);
    }
}
