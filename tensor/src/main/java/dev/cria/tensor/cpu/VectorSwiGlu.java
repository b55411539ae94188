package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.splat;
import static dev.cria.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;

/** SwiGLU, forward and backward, over consecutive rows; see {@link ScalarSwiGlu}. */
final class VectorSwiGlu {
    private VectorSwiGlu() {}

    static void forward(long h, long gateUp, int N, int F) {
        long rowBytes = (long) F * Float.BYTES;
        long whole = Vectors.wholeBytes(F);
        for (int n = 0; n < N; n++) {
            long up = gateUp + rowBytes;
            for (long i = 0; i < whole; i += BYTES) {
                store(siluTimes(load(gateUp + i), load(up + i)), h + i);
            }
            if (whole < rowBytes) {
                var rest = Vectors.first((rowBytes - whole) / Float.BYTES);
                store(siluTimes(load(gateUp + whole, rest), load(up + whole, rest)), h + whole, rest);
            }
            h += rowBytes;
            gateUp += 2 * rowBytes;
        }
    }

    static void backward(long dGateUp, long dh, long gateUp, int N, int F) {
        long rowBytes = (long) F * Float.BYTES;
        long whole = Vectors.wholeBytes(F);
        for (int n = 0; n < N; n++) {
            for (long i = 0; i < whole; i += BYTES) {
                FloatVector gate = load(gateUp + i);
                FloatVector gradient = load(dh + i);
                FloatVector sigmoid = VectorMath.sigmoid(gate);
                FloatVector dGate = gradient.mul(load(gateUp + rowBytes + i)).mul(slope(gate, sigmoid));
                store(dGate, dGateUp + i);
                store(gradient.mul(gate).mul(sigmoid), dGateUp + rowBytes + i);
            }
            if (whole < rowBytes) {
                var rest = Vectors.first((rowBytes - whole) / Float.BYTES);
                FloatVector gate = load(gateUp + whole, rest);
                FloatVector gradient = load(dh + whole, rest);
                FloatVector sigmoid = VectorMath.sigmoid(gate);
                FloatVector dGate =
                        gradient.mul(load(gateUp + rowBytes + whole, rest)).mul(slope(gate, sigmoid));
                store(dGate, dGateUp + whole, rest);
                store(gradient.mul(gate).mul(sigmoid), dGateUp + rowBytes + whole, rest);
            }
            dh += rowBytes;
            gateUp += 2 * rowBytes;
            dGateUp += 2 * rowBytes;
        }
    }

    private static FloatVector siluTimes(FloatVector gate, FloatVector up) {
        return gate.mul(up).div(VectorMath.exp(gate.neg()).add(splat(1)));
    }

    /** silu'(g) = σ·(1 + g·(1 − σ)). */
    private static FloatVector slope(FloatVector gate, FloatVector sigmoid) {
        FloatVector one = splat(1);
        return one.sub(sigmoid).fma(gate, one).mul(sigmoid);
    }
}
