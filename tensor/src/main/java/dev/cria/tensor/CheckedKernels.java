package dev.cria.tensor;

import java.util.List;

/**
 * Checks types, shapes, overlap and lifetime of every argument, then calls the device's kernels, which trust them. A matrix argument [N,D] may
 * have more than two dimensions; all but the first count as its columns. Ids and targets are values, so the kernels check those.
 */
public final class CheckedKernels implements Kernels {
    private final Kernels kernels;
    private final DType smallest;

    /** Checks for kernels that compute on F32 activations alone. */
    public CheckedKernels(Kernels kernels) {
        this(kernels, DType.F32);
    }

    /** @param smallest BF16 for kernels that take activations of that type beside F32 */
    public CheckedKernels(Kernels kernels, DType smallest) {
        if (smallest != DType.F32 && smallest != DType.BF16) {
            throw new IllegalArgumentException("activations of " + smallest);
        }
        this.kernels = kernels;
        this.smallest = smallest;
    }

    /** The type of a call's activations, of which this is one; anything but BF16 is measured against F32. */
    private DType activation(String name, Tensor tensor) {
        if (tensor.dtype() != DType.BF16) {
            return DType.F32;
        }
        if (smallest != DType.BF16) {
            throw new IllegalArgumentException(
                    name + " is " + tensor + "; this device computes on activations in F32 alone");
        }
        return DType.BF16;
    }

    @Override
    public void linear(Tensor y, Tensor x, Tensor w, boolean accumulate) {
        DType a = activation("x", x);
        ProductShapes.product("y", y, a, "x", x, "w", w, a, y, x, w);
        kernels.linear(y, x, w, accumulate);
    }

    @Override
    public void linearBackwardInput(Tensor dx, Tensor dy, Tensor w, boolean accumulate) {
        DType a = activation("dy", dy);
        ProductShapes.product("dx", dx, a, "dy", dy, "w", w, a, dy, dx, w);
        kernels.linearBackwardInput(dx, dy, w, accumulate);
    }

    @Override
    public void linearBackwardWeight(Tensor dw, Tensor dy, Tensor x, boolean accumulate) {
        ProductShapes.product("dw", dw, DType.F32, "dy", dy, "x", x, activation("x", x), dy, x, dw);
        kernels.linearBackwardWeight(dw, dy, x, accumulate);
    }

    @Override
    public void project(Tensor y, Tensor x, List<Tensor> weights, Arithmetic arithmetic) {
        ProductShapes.stored("y", y, "x", x, DType.F32, weights);
        Shapes.apart("y", y, "x", x);
        ProductShapes.apart("y", y, weights);
        kernels.project(y, x, weights, arithmetic);
    }

    @Override
    public void frozenLinear(Tensor y, Tensor x, List<Tensor> weights) {
        ProductShapes.stored("y", y, "x", x, activation("x", x), weights);
        Shapes.apart("y", y, "x", x);
        ProductShapes.apart("y", y, weights);
        kernels.frozenLinear(y, x, weights);
    }

    @Override
    public void frozenLinearBackwardInput(Tensor dx, Tensor dy, List<Tensor> weights) {
        ProductShapes.stored("dy", dy, "dx", dx, activation("dy", dy), weights);
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
        Shapes.rank("dWeight", dWeight, DType.F32, 2);
        lookup("dy", dy, dWeight, ids);
        Shapes.apart("dWeight", dWeight, "dy", dy);
        kernels.embeddingBackward(dWeight, dy, ids);
    }

    private void lookup(String rowsName, Tensor rows, Tensor table, Tensor ids) {
        Shapes.type("ids", ids, DType.I32);
        Shapes.matrix(rowsName, rows, activation(rowsName, rows), ids.elements(), Shapes.columns(table));
    }

    @Override
    public void rmsNorm(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps) {
        norm("y", y, rstd, x, activation("x", x), weight);
        Shapes.apart("y", y, "x", x);
        kernels.rmsNorm(y, rstd, x, weight, eps);
    }

    @Override
    public void addRmsNorm(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps) {
        DType a = activation("x", x);
        norm("y", y, rstd, x, a, weight);
        Shapes.matrix("sum", sum, a, x.dim(0), Shapes.columns(x));
        Shapes.matrix("delta", delta, a, x.dim(0), Shapes.columns(x));
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
        DType a = activation("x", x);
        norm("dy", dy, rstd, x, a, weight);
        Shapes.matrix("dx", dx, a, x.dim(0), Shapes.columns(x));
        Shapes.floats("dWeight", dWeight, Shapes.columns(x));
        Shapes.apart("dx", dx, "dy", dy);
        Shapes.apart("dx", dx, "x", x);
        Shapes.apart("dWeight", dWeight, "weight", weight);
        kernels.rmsNormBackward(dx, dWeight, dy, x, rstd, weight);
    }

    private static void norm(String name, Tensor y, Tensor rstd, Tensor x, DType a, Tensor weight) {
        Shapes.rank("x", x, a, 2);
        Shapes.matrix(name, y, a, x.dim(0), Shapes.columns(x));
        Shapes.floats("rstd", rstd, x.dim(0));
        Shapes.floats("weight", weight, Shapes.columns(x));
    }

    @Override
    public void rope(
            Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse, RopeOrder order) {
        DType a = activation("x", x);
        Shapes.rank("x", x, a, 3);
        Shapes.exactly("x", x, a, x.dim(0), x.dim(1), x.dim(2));
        if (x.dim(2) % 2 != 0) {
            throw new IllegalArgumentException("the head size of x " + x + " is odd");
        }
        if (rotatedHeads < 0 || rotatedHeads > x.dim(1)) {
            throw new IllegalArgumentException("x " + x + " has no " + rotatedHeads + " heads to rotate");
        }
        Shapes.type("positions", positions, DType.I32);
        Shapes.elements("positions", positions, x.dim(0));
        Shapes.rank("cos", cos, DType.F32, 2);
        Shapes.floats("cos", cos, cos.dim(0), x.dim(2) / 2);
        Shapes.floats("sin", sin, cos.dim(0), x.dim(2) / 2);
        kernels.rope(x, rotatedHeads, positions, cos, sin, inverse, order);
    }

    @Override
    public void attention(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        AttentionShapes.heads(out, logSumExp, qkv, activation("qkv", qkv), B, T, H, K);
        Shapes.apart("out", out, "qkv", qkv);
        kernels.attention(out, logSumExp, qkv, B, T, H, K);
    }

    @Override
    public void attentionBackward(
            Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        DType a = activation("qkv", qkv);
        AttentionShapes.heads(out, logSumExp, qkv, a, B, T, H, K);
        Shapes.matrix("dOut", dOut, a, out.dim(0), Shapes.columns(out));
        Shapes.matrix("dQkv", dQkv, a, qkv.dim(0), Shapes.columns(qkv));
        Shapes.apart("dQkv", dQkv, "qkv", qkv);
        Shapes.apart("dQkv", dQkv, "dOut", dOut);
        Shapes.apart("dQkv", dQkv, "out", out);
        kernels.attentionBackward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K);
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, int past) {
        AttentionShapes.cache(keys, values, past, qkv.dim(0));
        AttentionShapes.fresh(keys, values, qkv);
        kernels.storeKeysValues(keys, values, qkv, past);
    }

    @Override
    public void storeKeysValues(Tensor keys, Tensor values, Tensor qkv, Tensor slots, Tensor positions) {
        AttentionShapes.slots(keys, values, slots, positions, qkv.dim(0));
        AttentionShapes.fresh(keys, values, qkv);
        kernels.storeKeysValues(keys, values, qkv, slots, positions);
    }

    @Override
    public void attentionCached(Tensor out, Tensor q, Tensor keys, Tensor values, int past, int H) {
        AttentionShapes.cache(keys, values, past, q.dim(0));
        AttentionShapes.queries(out, q, keys, H);
        kernels.attentionCached(out, q, keys, values, past, H);
    }

    @Override
    public void attentionCached(
            Tensor out, Tensor q, Tensor keys, Tensor values, Tensor slots, Tensor positions, int H) {
        AttentionShapes.slots(keys, values, slots, positions, q.dim(0));
        AttentionShapes.queries(out, q, keys, H);
        kernels.attentionCached(out, q, keys, values, slots, positions, H);
    }

    @Override
    public void swiGlu(Tensor h, Tensor gateUp) {
        DType a = activation("h", h);
        Shapes.rank("h", h, a, 2);
        Shapes.matrix("gateUp", gateUp, a, h.dim(0), 2 * Shapes.columns(h));
        Shapes.apart("h", h, "gateUp", gateUp);
        kernels.swiGlu(h, gateUp);
    }

    @Override
    public void swiGluBackward(Tensor dGateUp, Tensor dh, Tensor gateUp) {
        DType a = activation("dh", dh);
        Shapes.rank("dh", dh, a, 2);
        Shapes.matrix("gateUp", gateUp, a, dh.dim(0), 2 * Shapes.columns(dh));
        Shapes.matrix("dGateUp", dGateUp, a, dh.dim(0), 2 * Shapes.columns(dh));
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
        Shapes.rank("logits", logits, DType.F32, 2);
        Shapes.type("indices", indices, DType.I32);
        Shapes.elements("indices", indices, logits.dim(0));
        kernels.argMax(indices, logits);
    }

    private void tokens(Tensor losses, Tensor logits, Tensor targets) {
        Shapes.rank("logits", logits, activation("logits", logits), 2);
        Shapes.type("losses", losses, DType.F32);
        Shapes.elements("losses", losses, logits.dim(0));
        Shapes.type("targets", targets, DType.I32);
        Shapes.elements("targets", targets, logits.dim(0));
    }

    @Override
    public void add(Tensor y, Tensor x) {
        DType a = activation("x", x);
        Shapes.type("x", x, a);
        Shapes.type("y", y, a);
        Shapes.elements("y", y, x.elements());
        kernels.add(y, x);
    }

    @Override
    public void scale(Tensor x, float factor) {
        Shapes.type("x", x, activation("x", x));
        kernels.scale(x, factor);
    }

    @Override
    public void dropout(Tensor y, Tensor x, float probability, long stream, boolean accumulate) {
        DType a = activation("x", x);
        Shapes.type("x", x, a);
        Shapes.type("y", y, a);
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
        Shapes.type("x", x, activation("x", x));
        kernels.addNoise(x, magnitude, stream);
    }

    @Override
    public void fill(Tensor x, float value) {
        Shapes.type("x", x, activation("x", x));
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
        update(parameters, gradients, firstMoment, secondMoment, step);
        kernels.adamW(parameters, gradients, firstMoment, secondMoment, step);
    }

    @Override
    public void adamW(
            Tensor parameters,
            Tensor rounded,
            Tensor gradients,
            Tensor firstMoment,
            Tensor secondMoment,
            AdamWStep step) {
        update(parameters, gradients, firstMoment, secondMoment, step);
        Shapes.type("rounded", rounded, DType.BF16);
        Shapes.elements("rounded", rounded, parameters.elements());
        kernels.adamW(parameters, rounded, gradients, firstMoment, secondMoment, step);
    }

    private static void update(
            Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, AdamWStep step) {
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
    }
}
