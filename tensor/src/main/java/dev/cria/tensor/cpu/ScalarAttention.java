package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import java.lang.foreign.Arena;
import java.util.Arrays;

/** Reference causal grouped-query attention: one query at a time, one row of scores, double precision. */
final class ScalarAttention {
    private ScalarAttention() {}

    /** out and logSumExp of B sequences of T tokens; see {@link dev.cria.tensor.Kernels#attention}. */
    static void forward(long out, long logSumExp, long qkv, int B, int T, int H, int K, int E) {
        int group = H / K;
        long row = (long) (H + 2 * K) * E;
        double[] scores = new double[T];
        double[] sum = new double[E];
        for (int b = 0; b < B; b++) {
            long base = (long) b * T * row;
            for (int h = 0; h < H; h++) {
                long keys = qkv + (base + (long) (H + h / group) * E) * Float.BYTES;
                long values = keys + (long) K * E * Float.BYTES;
                for (int t = 0; t < T; t++) {
                    long query = qkv + (base + t * row + (long) h * E) * Float.BYTES;
                    double lse = query(scores, sum, query, keys, values, row, t + 1, E);
                    store(out + (((long) b * T + t) * H + h) * E * Float.BYTES, sum);
                    Native.setFloat(logSumExp, ((long) b * H + h) * T + t, (float) lse);
                }
            }
        }
    }

    /** Gradient of {@link #forward}; assigns dQkv. */
    static void backward(long dQkv, long dOut, long out, long logSumExp, long qkv, int B, int T, int H, int K, int E) {
        int group = H / K;
        int heads = H + 2 * K;
        double scale = 1 / Math.sqrt(E);
        double[] gradient = new double[T * heads * E];
        for (int b = 0; b < B; b++) {
            Arrays.fill(gradient, 0);
            long base = qkv + (long) b * T * heads * E * Float.BYTES;
            for (int h = 0; h < H; h++) {
                int key = H + h / group;
                int value = key + K;
                for (int t = 0; t < T; t++) {
                    long o = (((long) b * T + t) * H + h) * E;
                    double lse = Native.getFloat(logSumExp, ((long) b * H + h) * T + t);
                    double delta = 0;
                    for (int e = 0; e < E; e++) {
                        delta += (double) Native.getFloat(dOut, o + e) * Native.getFloat(out, o + e);
                    }
                    int q = (t * heads + h) * E;
                    for (int j = 0; j <= t; j++) {
                        int k = (j * heads + key) * E;
                        int v = (j * heads + value) * E;
                        double score = 0;
                        double dp = 0;
                        for (int e = 0; e < E; e++) {
                            score += (double) Native.getFloat(base, q + e) * Native.getFloat(base, k + e);
                            dp += (double) Native.getFloat(dOut, o + e) * Native.getFloat(base, v + e);
                        }
                        double p = Math.exp(score * scale - lse);
                        double ds = p * (dp - delta) * scale;
                        for (int e = 0; e < E; e++) {
                            gradient[q + e] += ds * Native.getFloat(base, k + e);
                            gradient[k + e] += ds * Native.getFloat(base, q + e);
                            gradient[v + e] += p * Native.getFloat(dOut, o + e);
                        }
                    }
                }
            }
            store(dQkv + (long) b * T * heads * E * Float.BYTES, gradient);
        }
    }

    /** Attention of N new tokens over a cache; {@code qRow} floats lie between the queries of two tokens. */
    static void cached(
            long out, long q, long qRow, long keys, long values, DType type, int N, int past, int H, int K, int E) {
        try (Arena arena = Arena.ofConfined()) {
            long elements = (long) (past + N) * K * E;
            long wideKeys = widen(arena, keys, type, elements);
            long wideValues = widen(arena, values, type, elements);
            double[] scores = new double[past + N];
            double[] sum = new double[E];
            for (int n = 0; n < N; n++) {
                for (int h = 0; h < H; h++) {
                    long head = (long) (h / (H / K)) * E * Float.BYTES;
                    long query = q + (n * qRow + (long) h * E) * Float.BYTES;
                    query(scores, sum, query, wideKeys + head, wideValues + head, (long) K * E, past + n + 1, E);
                    store(out + ((long) n * H + h) * E * Float.BYTES, sum);
                }
            }
        }
    }

    private static long widen(Arena arena, long from, DType type, long elements) {
        if (type == DType.F32) {
            return from;
        }
        long wide = arena.allocate(elements * Float.BYTES, 64).address();
        ScalarConvert.convert(wide, DType.F32, from, type, elements);
        return wide;
    }

    /** One query over {@code count} keys {@code row} floats apart: softmax-weighted values in {@code sum}, returns log Σ exp(score). */
    private static double query(
            double[] scores, double[] sum, long query, long keys, long values, long row, int count, int E) {
        double scale = 1 / Math.sqrt(E);
        double maximum = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < count; j++) {
            double dot = 0;
            for (int e = 0; e < E; e++) {
                dot += (double) Native.getFloat(query, e) * Native.getFloat(keys, j * row + e);
            }
            scores[j] = dot * scale;
            maximum = Math.max(maximum, scores[j]);
        }
        double total = 0;
        for (int j = 0; j < count; j++) {
            scores[j] = Math.exp(scores[j] - maximum);
            total += scores[j];
        }
        for (int e = 0; e < E; e++) {
            double weighted = 0;
            for (int j = 0; j < count; j++) {
                weighted += scores[j] * Native.getFloat(values, j * row + e);
            }
            sum[e] = weighted / total;
        }
        return maximum + Math.log(total);
    }

    private static void store(long to, double[] values) {
        for (int i = 0; i < values.length; i++) {
            Native.setFloat(to, i, (float) values[i]);
        }
    }
}
