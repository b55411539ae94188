package dev.cria.tensor.cpu;

/** Reference SwiGLU (arXiv 2002.05202): h = silu(gate)·up with silu(g) = g/(1 + e^−g). */
final class ScalarSwiGlu {
    private ScalarSwiGlu() {}

    static void forward(long h, long gateUp, int N, int F) {
        for (int n = 0; n < N; n++) {
            long gates = (long) n * 2 * F;
            for (int f = 0; f < F; f++) {
                double gate = Native.getFloat(gateUp, gates + f);
                double up = Native.getFloat(gateUp, gates + F + f);
                Native.setFloat(h, (long) n * F + f, (float) (gate / (1 + Math.exp(-gate)) * up));
            }
        }
    }

    /** dGate = dh·up·σ(g)·(1 + g·(1 − σ(g))), dUp = dh·silu(g); {@code dGateUp} may be {@code gateUp}. */
    static void backward(long dGateUp, long dh, long gateUp, int N, int F) {
        for (int n = 0; n < N; n++) {
            long gates = (long) n * 2 * F;
            for (int f = 0; f < F; f++) {
                double gate = Native.getFloat(gateUp, gates + f);
                double up = Native.getFloat(gateUp, gates + F + f);
                double gradient = Native.getFloat(dh, (long) n * F + f);
                double sigmoid = 1 / (1 + Math.exp(-gate));
                Native.setFloat(dGateUp, gates + f, (float) (gradient * up * sigmoid * (1 + gate * (1 - sigmoid))));
                Native.setFloat(dGateUp, gates + F + f, (float) (gradient * gate * sigmoid));
            }
        }
    }
}
