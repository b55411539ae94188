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
            forwardWhole(h, gateUp, gateUp + rowBytes, whole);
            for (long i = whole; i < rowBytes; i += Float.BYTES) {
                ScalarSwiGlu.forward(h + i, gateUp + i, gateUp + rowBytes + i);
            }
            h += rowBytes;
            gateUp += 2 * rowBytes;
        }
    }

    static void backward(long dGateUp, long dh, long gateUp, int N, int F) {
        long rowBytes = (long) F * Float.BYTES;
        long whole = Vectors.wholeBytes(F);
        for (int n = 0; n < N; n++) {
            backwardWhole(dGateUp, dGateUp + rowBytes, dh, gateUp, gateUp + rowBytes, whole);
            for (long i = whole; i < rowBytes; i += Float.BYTES) {
                ScalarSwiGlu.backward(dGateUp + i, dGateUp + rowBytes + i, dh + i, gateUp + i, gateUp + rowBytes + i);
            }
            dh += rowBytes;
            gateUp += 2 * rowBytes;
            dGateUp += 2 * rowBytes;
        }
    }

    private static void forwardWhole(long h, long gates, long ups, long bytes) {
        for (long i = 0; i < bytes; i += BYTES) {
            FloatVector gate = load(gates + i);
            FloatVector denominator = VectorMath.exp(gate.neg()).add(splat(1));
            store(gate.mul(load(ups + i)).div(denominator), h + i);
        }
    }

    private static void backwardWhole(long dGates, long dUps, long dh, long gates, long ups, long bytes) {
        FloatVector one = splat(1);
        for (long i = 0; i < bytes; i += BYTES) {
            FloatVector gate = load(gates + i);
            FloatVector up = load(ups + i);
            FloatVector gradient = load(dh + i);
            FloatVector sigmoid = one.div(VectorMath.exp(gate.neg()).add(one));
            FloatVector slope = one.sub(sigmoid).fma(gate, one).mul(sigmoid);
            store(gradient.mul(up).mul(slope), dGates + i);
            store(gradient.mul(gate).mul(sigmoid), dUps + i);
        }
    }
}
