package dev.cria.tensor.cpu;

import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.DType;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/** The reference for every operation: plain loops on the calling thread. Arguments were checked before. */
final class ScalarKernels implements Kernels {
    private final Gemm gemm = new ScalarGemm();

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
        int N = x.size(0);
        int I = columns(x);
        int total = columns(y);
        long first = 0;
        try (Arena arena = Arena.ofConfined()) {
            long row = arena.allocate((long) I * Float.BYTES).address();
            for (Tensor w : weights) {
                long rowBytes = w.dtype().bytes(I);
                for (long o = 0; o < w.dim(0); o++) {
                    ScalarConvert.convert(row, DType.F32, at(w) + o * rowBytes, w.dtype(), I);
                    for (long n = 0; n < N; n++) {
                        double sum = 0;
                        for (int i = 0; i < I; i++) {
                            sum += (double) Native.getFloat(at(x), n * I + i) * Native.getFloat(row, i);
                        }
                        Native.setFloat(at(y), n * total + first + o, (float) sum);
                    }
                }
                first += w.dim(0);
            }
        }
    }

    @Override
    public void frozenLinear(Tensor y, Tensor x, List<Tensor> weights) {
        project(y, x, weights, Arithmetic.EXACT);
    }

    @Override
    public void frozenLinearBackwardInput(Tensor dx, Tensor dy, List<Tensor> weights) {
        ScalarFrozen.backwardInput(dx, dy, weights);
    }

    @Override
    public void putBlock(Tensor matrix, long row, long column, Tensor block, float factor) {
        ScalarFrozen.putBlock(matrix, row, column, block, factor);
    }

    @Override
    public void addBlock(Tensor block, Tensor matrix, long row, long column, float factor) {
        ScalarFrozen.addBlock(block, matrix, row, column, factor);
    }

    @Override
    public void addBlockDiagonal(Tensor y, Tensor x, List<Tensor> blocks) {
        int N = x.size(0);
        int inputs = columns(x);
        int outputs = columns(y);
        long input = 0;
        long output = 0;
        for (Tensor block : blocks) {
            long R = block.dim(0);
            long O = block.dim(1);
            gemm.multiply(
                    false,
                    false,
                    N,
                    (int) O,
                    (int) R,
                    at(x) + input * Float.BYTES,
                    inputs,
                    at(block),
                    O,
                    true,
                    at(y) + output * Float.BYTES,
                    outputs);
            input += R;
            output += O;
        }
    }

    @Override
    public void embedding(Tensor y, Tensor weight, Tensor ids) {
        ScalarEmbedding.forward(at(y), at(weight), weight.dtype(), at(ids), y.size(0), columns(weight), weight.size(0));
    }

    @Override
    public void embeddingBackward(Tensor dWeight, Tensor dy, Tensor ids) {
        ScalarEmbedding.backward(at(dWeight), at(dy), at(ids), dy.size(0), columns(dWeight), dWeight.size(0));
    }

    @Override
    public void rmsNorm(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps) {
        ScalarRmsNorm.forward(at(y), at(rstd), at(x), at(weight), x.size(0), weight.size(0), eps);
    }

    @Override
    public void addRmsNorm(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps) {
        ScalarElementwise.add(at(sum), at(x), at(delta), x.elements());
        rmsNorm(y, rstd, sum, weight, eps);
    }

    @Override
    public void rmsNormBackward(Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor rstd, Tensor weight) {
        ScalarRmsNorm.backward(at(dx), at(dWeight), at(dy), at(x), at(rstd), at(weight), x.size(0), weight.size(0));
    }

    @Override
    public void rope(
            Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse, RopeOrder order) {
        ScalarRope.rotate(
                at(x),
                x.size(0),
                x.size(1),
                x.size(2),
                rotatedHeads,
                at(positions),
                at(cos),
                at(sin),
                cos.size(0),
                inverse,
                order);
    }

    @Override
    public void attention(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        ScalarAttention.forward(at(out), at(logSumExp), at(qkv), B, T, H, K, qkv.size(2));
    }

    @Override
    public void attentionBackward(
            Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        ScalarAttention.backward(at(dQkv), at(dOut), at(out), at(logSumExp), at(qkv), B, T, H, K, qkv.size(2));
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, int past) {
        CacheWriter.store(keys, values, qkv, past, ScalarConvert::toHalves);
    }

    @Override
    public void attentionCached(Tensor out, Tensor q, Tensor keys, Tensor values, int past, int H) {
        int E = keys.size(2);
        ScalarAttention.cached(
                at(out), at(q), q.dim(1) * E, at(keys), at(values), keys.dtype(), q.size(0), past, H, keys.size(1), E);
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, Tensor slots, Tensor positions) {
        CacheWriter.store(keys, values, qkv, CachePlaces.of(keys, slots, positions), ScalarConvert::toHalves);
    }

    @Override
    public void attentionCached(
            Tensor out, Tensor q, Tensor keys, Tensor values, Tensor slots, Tensor positions, int H) {
        CachePlaces places = CachePlaces.of(keys, slots, positions);
        for (int n = 0; n < places.count(); n++) {
            Tensor to = out.rows(n, n + 1);
            if (places.slot(n) < 0) {
                fill(to, 0);
            } else {
                Tensor from = q.rows(n, n + 1);
                attentionCached(to, from, places.cache(keys, n), places.cache(values, n), places.position(n), H);
            }
        }
    }

    @Override
    public void swiGlu(Tensor h, Tensor gateUp) {
        ScalarSwiGlu.forward(at(h), at(gateUp), h.size(0), columns(h));
    }

    @Override
    public void swiGluBackward(Tensor dGateUp, Tensor dh, Tensor gateUp) {
        ScalarSwiGlu.backward(at(dGateUp), at(dh), at(gateUp), dh.size(0), columns(dh));
    }

    @Override
    public void crossEntropy(Tensor losses, Tensor logits, Tensor targets, Tensor weights, float scale) {
        ScalarCrossEntropy.gradient(
                at(losses), at(logits), at(targets), at(weights), logits.size(0), columns(logits), scale);
    }

    @Override
    public void negativeLogLikelihood(Tensor losses, Tensor logits, Tensor targets) {
        ScalarCrossEntropy.loss(at(losses), at(logits), at(targets), logits.size(0), columns(logits));
    }

    @Override
    public void argMax(Tensor indices, Tensor logits) {
        ScalarElementwise.argMax(at(indices), at(logits), logits.size(0), columns(logits));
    }

    @Override
    public void add(Tensor y, Tensor x) {
        ScalarElementwise.add(at(y), at(y), at(x), x.elements());
    }

    @Override
    public void scale(Tensor x, float factor) {
        ScalarElementwise.scale(at(x), factor, x.elements());
    }

    @Override
    public void dropout(Tensor y, Tensor x, float probability, long stream, boolean accumulate) {
        ScalarNoise.dropout(at(y), at(x), probability, stream, 0, x.elements(), accumulate);
    }

    @Override
    public void addNoise(Tensor x, float magnitude, long stream) {
        ScalarNoise.add(at(x), magnitude, stream, 0, x.elements());
    }

    @Override
    public void fill(Tensor x, float value) {
        ScalarElementwise.fill(at(x), value, x.elements());
    }

    @Override
    public void convert(Tensor to, Tensor from) {
        ScalarConvert.convert(at(to), to.dtype(), at(from), from.dtype(), from.elements());
    }

    @Override
    public double sumOfSquares(Tensor x) {
        return ScalarElementwise.sumOfSquares(at(x), x.elements());
    }

    @Override
    public double sum(Tensor x) {
        return ScalarElementwise.sum(at(x), x.elements());
    }

    @Override
    public void adamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, AdamWStep step) {
        ScalarElementwise.adamW(
                at(parameters), at(gradients), at(firstMoment), at(secondMoment), step, parameters.elements());
    }
}
