package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/**
 * cuDNN's attention held against Cria's on a small case before it is used: results and gradients of queries, keys and values close to each other,
 * log Σ exp nearly equal, and the same bits twice.
 */
final class AttentionCheck {
    private static final int B = 2;
    private static final int T = 192;

    /** Root mean square of the difference over that of the values; each side rounds to 8 bits, which makes 0.004. */
    private static final double TOLERANCE = 0.015;

    /** The same for log Σ exp, which is float32 on both sides. */
    private static final double LOG_TOLERANCE = 1e-4;

    private final Cuda cuda;
    private final TrainingAttention own;
    private final TrainingAttention library;

    AttentionCheck(Cuda cuda, TrainingAttention own, TrainingAttention library) {
        this.cuda = cuda;
        this.own = own;
        this.library = library;
    }

    /**
     * What is wrong with cuDNN's attention on such heads; empty where nothing is.
     *
     * @param ordered whether other bits in the second run are wrong too
     */
    Optional<String> complaint(int H, int K, int E, boolean ordered) {
        try (Workspace workspace = cuda.workspace()) {
            int heads = H + 2 * K;
            long rows = (long) B * T;
            Tensor qkv = random(cuda, workspace.allocate(DType.BF16, rows, heads, E), 1);
            Tensor dOut = random(cuda, workspace.allocate(DType.BF16, rows, H, E), 2);
            Tensor out = workspace.allocate(DType.BF16, rows, H, E);
            Tensor logSumExp = workspace.allocate(DType.F32, B, H, T);
            Tensor dQkv = workspace.allocate(DType.BF16, rows, heads, E);

            own.forward(out, logSumExp, qkv, B, T, H, K);
            own.backward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K);
            float[] expectedOut = floats(out);
            float[] expectedLog = floats(logSumExp);
            float[] expectedGradient = floats(dQkv);
            library.backward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K);
            float[] gradient = floats(dQkv);
            library.backward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K);
            boolean repeats = Arrays.equals(gradient, floats(dQkv));
            library.forward(out, logSumExp, qkv, B, T, H, K);

            if (!(difference(floats(out), expectedOut, heads(H, 0, H), E) < TOLERANCE)) {
                return Optional.of("cuDNN's results are others");
            }
            if (!(difference(floats(logSumExp), expectedLog, heads(1, 0, 1), 1) < LOG_TOLERANCE)) {
                return Optional.of("cuDNN's log Σ exp is another");
            }
            int[][] parts = {heads(heads, 0, H), heads(heads, H, H + K), heads(heads, H + K, heads)};
            for (int[] part : parts) {
                if (!(difference(gradient, expectedGradient, part, E) < TOLERANCE)) {
                    return Optional.of("cuDNN's gradients are others");
                }
            }
            return repeats || !ordered ? Optional.empty() : Optional.of("cuDNN's gradients differ from run to run");
        }
    }

    /** How many heads a row has, and which of them are meant. */
    private static int[] heads(int all, int from, int to) {
        return new int[] {all, from, to};
    }

    /** Of the meant heads, root mean square of the difference over that of the expected; not a number where either holds such. */
    static double difference(float[] actual, float[] expected, int[] heads, int E) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            int head = i / E % heads[0];
            if (head >= heads[1] && head < heads[2]) {
                error += Math.pow((double) actual[i] - expected[i], 2);
                size += Math.pow(expected[i], 2);
            }
        }
        return Math.sqrt(error / size);
    }

    /** Fills a bf16 tensor with normal numbers. */
    static Tensor random(Cuda cuda, Tensor tensor, long seed) {
        Random random = new Random(seed);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(tensor.byteSize(), Long.BYTES);
            for (long i = 0; i < tensor.elements(); i++) {
                int bits = Float.floatToIntBits((float) random.nextGaussian());
                host.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >>> 16));
            }
            cuda.upload(host, tensor.data().address());
        }
        return tensor;
    }

    private float[] floats(Tensor tensor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(tensor.byteSize(), Long.BYTES);
            cuda.download(tensor.data().address(), host);
            if (tensor.dtype() == DType.F32) {
                return host.toArray(ValueLayout.JAVA_FLOAT);
            }
            short[] bits = host.toArray(ValueLayout.JAVA_SHORT);
            float[] values = new float[bits.length];
            for (int i = 0; i < bits.length; i++) {
                values[i] = Float.intBitsToFloat(bits[i] << 16);
            }
            return values;
        }
    }
}
