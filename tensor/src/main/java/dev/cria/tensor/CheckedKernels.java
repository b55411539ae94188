package dev.cria.tensor;

import java.util.List;

/**
 * Checks types, shapes, overlap and lifetime of every argument, then calls the device's kernels, which trust them. A matrix argument [N,D] may
 * have more than two dimensions; all but the first count as its columns. Ids and targets are values, so the kernels check those.
 */
public final class CheckedKernels implements Kernels {
    private final Kernels kernels;

    public CheckedKernels(Kernels kernels) {
        this.kernels = kernels;
    }

    @Override
    public void linear(Tensor y, Tensor x, Tensor w, boolean accumulate) {
        ProductShapes.product("y", y, "x", x, "w", w, y, x, w);
        kernels.linear(y, x, w, accumulate);
    }

    @Override
    public void linearBackwardInput(Tensor dx, Tensor dy, Tensor w, boolean accumulate) {
        ProductShapes.product("dx", dx, "dy", dy, "w", w, dy, dx, w);
        kernels.linearBackwardInput(dx, dy, w, accumulate);
    }

    @Override
    public void linearBackwardWeight(Tensor dw, Tensor dy, Tensor x, boolean accumulate) {
        ProductShapes.product("dw", dw, "dy", dy, "x", x, dy, x, dw);
        kernels.linearBackwardWeight(dw, dy, x, accumulate);
    }

    @Override
    public void project(Tensor y, Tensor x, List<Tensor> weights, Arithmetic arithmetic) {
        ProductShapes.stored("y", y, "x", x, weights);
        Shapes.apart("y", y, "x", x);
        ProductShapes.apart("y", y, weights);
        kernels.project(y, x, weights, arithmetic);
    }

    @Override
    public void frozenLinear(Tensor y, Tensor x, List<Tensor> weights) {
        ProductShapes.stored("y", y, "x", x, weights);
        Shapes.apart("y", y, "x", x);
        ProductShapes.apart("y", y, weights);
        kernels.frozenLinear(y, x, weights);
    }

    @Override
    public void frozenLinearBackwardInput(Tensor dx, Tensor dy, List<Tensor> weights) {
        ProductShapes.stored("dy", dy, "dx", dx, weights);
        Shapes.apart("dx", dx, "dy", dy);
        ProductShapes.apart("dx", dx, weights);
        kernels.frozenLinearBackwardInput(dx, dy, weights);
    }

    @Override
    public void putBlock(Tensor matrix, long row, long column, Tensor block, float factor) {
        ProductShapes.block(matrix, row, column, block);
        kernels.putBlock(matrix, row, column, block, factor);
    }

    @Override
    public void addBlock(Tensor block, Tensor matrix, long row, long column, float factor) {
        ProductShapes.block(matrix, row, column, block);
        kernels.addBlock(block, matrix, row, column, factor);
    }

    @Override
    public void addBlockDiagonal(Tensor y, Tensor x, List<Tensor> blocks) {
        ProductShapes.blockDiagonal(y, x, blocks);
        kernels.addBlockDiagonal(y, x, blocks);
    }

    @Override
    public void embedding(Tensor y, Tensor weight, Tensor ids) {
        Shapes.live("weight", weight);
        if (weight.rank() < 2 || weight.dtype() == DType.I32) {
            throw new IllegalArgumentException("weight is " + weight);
        }
        lookup("y", y, weight, ids);
        Shapes.apart("y", y, "weight", weight);
        kernels.embedding(y, weight, ids);
    }

    @Override
    public void embeddingBackward(Tensor dWeight, Tensor dy, Tensor ids) {
        Shapes.rank("dWeight", dWeight, 2);
        lookup("dy", dy, dWeight, ids);
        Shapes.apart("dWeight", dWeight, "dy", dy);
        kernels.embeddingBackward(dWeight, dy, ids);
    }

    private static void lookup(String rowsName, Tensor rows, Tensor table, Tensor ids) {
        Shapes.type("ids", ids, DType.I32);
        Shapes.matrix(rowsName, rows, ids.elements(), Shapes.columns(table));
    }

    @Override
    public void rmsNorm(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps) {
        norm("y", y, rstd, x, weight);
        Shapes.apart("y", y, "x", x);
        kernels.rmsNorm(y, rstd, x, weight, eps);
    }

    @Override
    public void addRmsNorm(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps) {
        norm("y", y, rstd, x, weight);
        Shapes.matrix("sum", sum, x.dim(0), Shapes.columns(x));
        Shapes.matrix("delta", delta, x.dim(0), Shapes.columns(x));
        Shapes.apart("y", y, "x", x);
        Shapes.apart("y", y, "delta", delta);
        Shapes.apart("y", y, "sum", sum);
        Shapes.apart("sum", sum, "delta", delta);
        if (sum.data().address() != x.data().address()) {
            Shapes.apart("sum", sum, "x", x);
        }
        kernels.addRmsNorm(sum, y, rstd, x, delta, weight, eps);
    }

    @Override
    public void rmsNormBackward(Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor rstd, Tensor weight) {
        norm("dy", dy, rstd, x, weight);
        Shapes.matrix("dx", dx, x.dim(0), Shapes.columns(x));
        Shapes.floats("dWeight", dWeight, Shapes.columns(x));
        Shapes.apart("dx", dx, "dy", dy);
        Shapes.apart("dx", dx, "x", x);
        Shapes.apart("dWeight", dWeight, "weight", weight);
        kernels.rmsNormBackward(dx, dWeight, dy, x, rstd, weight);
    }

    private static void norm(String name, Tensor y, Tensor rstd, Tensor x, Tensor weight) {
        Shapes.rank("x", x, 2);
        Shapes.matrix(name, y, x.dim(0), Shapes.columns(x));
        Shapes.floats("rstd", rstd, x.dim(0));
        Shapes.floats("weight", weight, Shapes.columns(x));
    }

    @Override
    public void rope(
            Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse, RopeOrder order) {
        Shapes.rank("x", x, 3);
        Shapes.floats("x", x, x.dim(0), x.dim(1), x.dim(2));
        if (x.dim(2) % 2 != 0) {
            throw new IllegalArgumentException("the head size of x " + x + " is odd");
        }
        if (rotatedHeads < 0 || rotatedHeads > x.dim(1)) {
            throw new IllegalArgumentException("x " + x + " has no " + rotatedHeads + " heads to rotate");
        }
        Shapes.type("positions", positions, DType.I32);
        Shapes.elements("positions", positions, x.dim(0));
        Shapes.rank("cos", cos, 2);
        Shapes.floats("cos", cos, cos.dim(0), x.dim(2) / 2);
        Shapes.floats("sin", sin, cos.dim(0), x.dim(2) / 2);
        kernels.rope(x, rotatedHeads, positions, cos, sin, inverse, order);
    }

    @Override
    public void attention(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        heads(out, logSumExp, qkv, B, T, H, K);
        Shapes.apart("out", out, "qkv", qkv);
        kernels.attention(out, logSumExp, qkv, B, T, H, K);
    }

    @Override
    public void attentionBackward(
            Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        heads(out, logSumExp, qkv, B, T, H, K);
        Shapes.matrix("dOut", dOut, out.dim(0), Shapes.columns(out));
        Shapes.matrix("dQkv", dQkv, qkv.dim(0), Shapes.columns(qkv));
        Shapes.apart("dQkv", dQkv, "qkv", qkv);
        Shapes.apart("dQkv", dQkv, "dOut", dOut);
        Shapes.apart("dQkv", dQkv, "out", out);
        kernels.attentionBackward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K);
    }

    private static void heads(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        if (B < 0 || T < 0) {
            throw new IllegalArgumentException("a batch of " + B + " sequences of " + T + " tokens");
        }
        grouped(H, K);
        Shapes.rank("qkv", qkv, 3);
        long rows = (long) B * T;
        long E = qkv.dim(2);
        Shapes.floats("qkv", qkv, rows, H + 2L * K, E);
        Shapes.matrix("out", out, rows, H * E);
        Shapes.floats("logSumExp", logSumExp, B, H, T);
    }

    private static void grouped(long H, long K) {
        if (H <= 0 || K <= 0 || H % K != 0) {
            throw new IllegalArgumentException(H + " query heads cannot share " + K + " key and value heads evenly");
        }
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, int past) {
        cache(keys, values, past, qkv.dim(0));
        Shapes.rank("qkv", qkv, 3);
        if (qkv.dim(2) != keys.dim(2) || qkv.dim(1) <= 2 * keys.dim(1)) {
            throw new IllegalArgumentException("qkv is " + qkv + ", which does not fit the cache " + keys);
        }
        Shapes.apart("keys", keys, "qkv", qkv);
        Shapes.apart("values", values, "qkv", qkv);
        kernels.storeKeysValues(keys, values, qkv, past);
    }

    private static void cache(Tensor keys, Tensor values, long past, long N) {
        Shapes.live("keys", keys);
        Shapes.live("values", values);
        if (keys.rank() != 3 || !isCacheType(keys.dtype())) {
            throw new IllegalArgumentException("keys is " + keys);
        }
        if (values.dtype() != keys.dtype() || !values.hasShapeOf(keys)) {
            throw new IllegalArgumentException("keys are " + keys + " and values " + values);
        }
        if (keys.dim(2) % keys.dtype().blockSize() != 0) {
            throw new IllegalArgumentException("heads of " + keys.dim(2) + " are no whole blocks of " + keys.dtype());
        }
        if (past < 0 || past + N > keys.dim(0)) {
            throw new IllegalArgumentException(past + " past and " + N + " new tokens do not fit the cache " + keys);
        }
    }

    @Override
    public void attentionCached(Tensor out, Tensor q, Tensor keys, Tensor values, int past, int H) {
        Shapes.rank("q", q, 3);
        cache(keys, values, past, q.dim(0));
        long E = keys.dim(2);
        long K = keys.dim(1);
        grouped(H, K);
        if (q.dim(2) != E || (q.dim(1) != H && q.dim(1) != H + 2 * K)) {
            throw new IllegalArgumentException(
                    "q is " + q + ", expected [N, " + H + ", " + E + "] or [N, " + (H + 2 * K) + ", " + E + "]");
        }
        Shapes.matrix("out", out, q.dim(0), H * E);
        Shapes.apart("out", out, "q", q);
        kernels.attentionCached(out, q, keys, values, past, H);
    }

    private static boolean isCacheType(DType dtype) {
        return dtype == DType.F32 || dtype == DType.F16 || dtype == DType.BF16 || dtype == DType.Q8_0;
    }

    @Override
    public void swiGlu(Tensor h, Tensor gateUp) {
        Shapes.rank("h", h, 2);
        Shapes.matrix("gateUp", gateUp, h.dim(0), 2 * Shapes.columns(h));
        Shapes.apart("h", h, "gateUp", gateUp);
        kernels.swiGlu(h, gateUp);
    }

    @Override
    public void swiGluBackward(Tensor dGateUp, Tensor dh, Tensor gateUp) {
        Shapes.rank("dh", dh, 2);
        Shapes.matrix("gateUp", gateUp, dh.dim(0), 2 * Shapes.columns(dh));
        Shapes.matrix("dGateUp", dGateUp, dh.dim(0), 2 * Shapes.columns(dh));
        Shapes.apart("dGateUp", dGateUp, "dh", dh);
        if (dGateUp.data().address() != gateUp.data().address()) {
            Shapes.apart("dGateUp", dGateUp, "gateUp", gateUp);
        }
        kernels.swiGluBackward(dGateUp, dh, gateUp);
    }

    @Override
    public void crossEntropy(Tensor losses, Tensor logits, Tensor targets, Tensor weights, float scale) {
        tokens(losses, logits, targets);
        Shapes.type("weights", weights, DType.F32);
        Shapes.elements("weights", weights, logits.dim(0));
        kernels.crossEntropy(losses, logits, targets, weights, scale);
    }

    @Override
    public void negativeLogLikelihood(Tensor losses, Tensor logits, Tensor targets) {
        tokens(losses, logits, targets);
        kernels.negativeLogLikelihood(losses, logits, targets);
    }

    @Override
    public void argMax(Tensor indices, Tensor logits) {
        Shapes.rank("logits", logits, 2);
        Shapes.type("indices", indices, DType.I32);
        Shapes.elements("indices", indices, logits.dim(0));
        kernels.argMax(indices, logits);
    }

    private static void tokens(Tensor losses, Tensor logits, Tensor targets) {
        Shapes.rank("logits", logits, 2);
        Shapes.type("losses", losses, DType.F32);
        Shapes.elements("losses", losses, logits.dim(0));
        Shapes.type("targets", targets, DType.I32);
        Shapes.elements("targets", targets, logits.dim(0));
    }

    @Override
    public void add(Tensor y, Tensor x) {
        Shapes.type("x", x, DType.F32);
        Shapes.type("y", y, DType.F32);
        Shapes.elements("y", y, x.elements());
        kernels.add(y, x);
    }

    @Override
    public void scale(Tensor x, float factor) {
        Shapes.type("x", x, DType.F32);
        kernels.scale(x, factor);
    }

    @Override
    public void dropout(Tensor y, Tensor x, float probability, long stream, boolean accumulate) {
        Shapes.type("x", x, DType.F32);
        Shapes.type("y", y, DType.F32);
        Shapes.elements("y", y, x.elements());
        if (!(probability >= 0 && probability < 1)) {
            throw new IllegalArgumentException("dropout of " + probability);
        }
        if (y.data().address() != x.data().address()) {
            Shapes.apart("y", y, "x", x);
        }
        kernels.dropout(y, x, probability, stream, accumulate);
    }

    @Override
    public void addNoise(Tensor x, float magnitude, long stream) {
        Shapes.type("x", x, DType.F32);
        kernels.addNoise(x, magnitude, stream);
    }

    @Override
    public void fill(Tensor x, float value) {
        Shapes.type("x", x, DType.F32);
        kernels.fill(x, value);
    }

    @Override
    public void convert(Tensor to, Tensor from) {
        Shapes.live("to", to);
        Shapes.live("from", from);
        Shapes.elements("to", to, from.elements());
        if (to.dtype() != from.dtype() && (to.dtype() == DType.I32 || from.dtype() == DType.I32)) {
            throw new IllegalArgumentException(from + " cannot be converted to " + to);
        }
        Shapes.apart("to", to, "from", from);
        kernels.convert(to, from);
    }

    @Override
    public double sumOfSquares(Tensor x) {
        Shapes.type("x", x, DType.F32);
        return kernels.sumOfSquares(x);
    }

    @Override
    public double sum(Tensor x) {
        Shapes.type("x", x, DType.F32);
        return kernels.sum(x);
    }

    @Override
    public void adamW(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, AdamWStep step) {
        Shapes.type("parameters", parameters, DType.F32);
        Shapes.type("gradients", gradients, DType.F32);
        Shapes.type("firstMoment", firstMoment, DType.F32);
        Shapes.type("secondMoment", secondMoment, DType.F32);
        Shapes.elements("gradients", gradients, parameters.elements());
        Shapes.elements("firstMoment", firstMoment, parameters.elements());
        Shapes.elements("secondMoment", secondMoment, parameters.elements());
        if (step.step() < 1) {
            throw new IllegalArgumentException("AdamW steps count from 1, this is " + step.step());
        }
        kernels.adamW(parameters, gradients, firstMoment, secondMoment, step);
    }
}
