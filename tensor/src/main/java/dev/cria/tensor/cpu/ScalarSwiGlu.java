package dev.cria.tensor.cpu;

/** Reference SwiGLU (arXiv 2002.05202): h = silu(gate)·up with silu(g) = g/(1 + e^−g). */
final class ScalarSwiGlu {
    private ScalarSwiGlu() {}

    static void forward(long h, long gateUp, int N, int F) {
        long rowBytes = (long) F * Float.BYTES;
        for (int n = 0; n < N; n++) {
            for (long f = 0; f < rowBytes; f += Float.BYTES) {
                forward(h + n * rowBytes + f, gateUp + 2 * n * rowBytes + f, gateUp + (2 * n + 1) * rowBytes + f);
            }
        }
    }

    /** {@code dGateUp} may be {@code gateUp}. */
    static void backward(long dGateUp, long dh, long gateUp, int N, int F) {
        long rowBytes = (long) F * Float.BYTES;
        for (int n = 0; n < N; n++) {
            for (long f = 0; f < rowBytes; f += Float.BYTES) {
                long gate = 2 * n * rowBytes + f;
                long up = gate + rowBytes;
                backward(dGateUp + gate, dGateUp + up, dh + n * rowBytes + f, gateUp + gate, gateUp + up);
            }
        }
    }

    /** One element, by addresses. */
    static void forward(long h, long gate, long up) {
        double g = Native.getFloat(gate);
        Native.setFloat(h, (float) (g / (1 + Math.exp(-g)) * Native.getFloat(up)));
    }

    /** One element, by addresses: dGate = dh·up·σ(g)·(1 + g·(1 − σ(g))), dUp = dh·silu(g). */
    static void backward(long dGate, long dUp, long dh, long gate, long up) {
        double g = Native.getFloat(gate);
        double u = Native.getFloat(up);
        double gradient = Native.getFloat(dh);
        double sigmoid = 1 / (1 + Math.exp(-g));
        Native.setFloat(dGate, (float) (gradient * u * sigmoid * (1 + g * (1 - sigmoid))));
        Native.setFloat(dUp, (float) (gradient * g * sigmoid));
    }
}
