package dev.cria.tensor.cpu;

import dev.cria.tensor.RopeOrder;

/** {@link RowKernels} on the Vector API. */
final class VectorRows implements RowKernels {
    @Override
    public void addRmsNorm(int count, int D, long sum, long y, long rstd, long x, long delta, long weight, float eps) {
        for (int n = 0; n < count; n++) {
            long row = (long) n * D * Float.BYTES;
            VectorElementwise.add(sum + row, x + row, delta + row, D);
            VectorRmsNorm.forward(y + row, rstd + (long) n * Float.BYTES, sum + row, weight, 1, D, eps);
        }
    }

    @Override
    public void rmsNorm(int count, int D, long y, long rstd, long x, long weight, float eps) {
        VectorRmsNorm.forward(y, rstd, x, weight, count, D, eps);
    }

    @Override
    public void rope(
            int count,
            int heads,
            int E,
            int rotatedHeads,
            long x,
            long positions,
            long cos,
            long sin,
            int P,
            boolean inverse,
            RopeOrder order) {
        VectorRope.rotate(x, count, heads, E, rotatedHeads, positions, cos, sin, P, inverse, order);
    }

    @Override
    public void swiGlu(int count, int F, long h, long gateUp) {
        VectorSwiGlu.forward(h, gateUp, count, F);
    }

    @Override
    public void negativeLogLikelihood(int count, int V, long losses, long logits, long targets) {
        VectorCrossEntropy.loss(losses, logits, targets, count, V);
    }

    @Override
    public void argMax(int count, int V, long indices, long logits) {
        ScalarElementwise.argMax(indices, logits, count, V);
    }

    @Override
    public void toHalves(long count, long from, long to) {
        ScalarConvert.toHalves(count, from, to);
    }
}
