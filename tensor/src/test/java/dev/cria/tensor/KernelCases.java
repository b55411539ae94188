package dev.cria.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The calls that the conformance suite makes: every operation, on shapes around the lengths that vectors, tiles and blocks have. */
public final class KernelCases {
    private static final int[] LENGTHS = {1, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 257};

    private final List<KernelCase> cases = new ArrayList<>();

    private KernelCases() {}

    public static List<KernelCase> all() {
        KernelCases all = new KernelCases();
        all.linear();
        all.rowsOfTokens();
        all.attention();
        all.loss();
        all.elementwise();
        all.noise();
        all.blocks();
        all.longRows();
        return all.cases;
    }

    private void add(String name, KernelCase.Operation operation, Supplier<HostTensor[]> arguments) {
        cases.add(new KernelCase(name, false, operation, arguments));
    }

    private void addMatrix(String name, KernelCase.Operation operation, Supplier<HostTensor[]> arguments) {
        cases.add(new KernelCase(name, true, operation, arguments));
    }

    private static HostTensor[] of(HostTensor... arguments) {
        return arguments;
    }

    private void linear() {
        int[][] shapes = {
            {0, 4, 5},
            {1, 1, 1},
            {1, 16, 17},
            {1, 300, 1000},
            {1, 5, 2100},
            {2, 15, 31},
            {3, 17, 16},
            {5, 3, 2},
            {7, 33, 65},
            {16, 64, 48},
            {33, 1, 7},
            {17, 288, 33},
            {31, 100, 97},
            {65, 48, 130},
            {130, 257, 70},
            {64, 600, 64},
            {300, 520, 410},
            {12, 1100, 40},
            {1000, 20, 24},
            {1100, 210, 30}
        };
        for (int[] shape : shapes) {
            int N = shape[0];
            int I = shape[1];
            int O = shape[2];
            for (boolean accumulate : new boolean[] {false, true}) {
                String at = " N=" + N + " I=" + I + " O=" + O + (accumulate ? " +=" : "");
                Supplier<HostTensor[]> arguments =
                        () -> of(HostTensor.normal(1, N, O), HostTensor.normal(2, N, I), HostTensor.normal(3, O, I));
                addMatrix("linear" + at, (k, a) -> k.linear(a[0], a[1], a[2], accumulate), arguments);
                addMatrix(
                        "linearBackwardInput" + at,
                        (k, a) -> k.linearBackwardInput(a[1], a[0], a[2], accumulate),
                        arguments);
                addMatrix(
                        "linearBackwardWeight" + at,
                        (k, a) -> k.linearBackwardWeight(a[2], a[0], a[1], accumulate),
                        arguments);
            }
        }
    }

    private void rowsOfTokens() {
        for (int D : LENGTHS) {
            for (int N : new int[] {0, 1, 5, 70}) {
                String at = " N=" + N + " D=" + D;
                add(
                        "embedding" + at,
                        (k, a) -> k.embedding(a[0], a[1], a[2]),
                        () -> of(
                                HostTensor.zeros(N, D),
                                HostTensor.normal(1, 11, D),
                                HostTensor.ints(N, n -> n * 7 % 11)));
                add(
                        "embeddingBackward" + at,
                        (k, a) -> k.embeddingBackward(a[0], a[1], a[2]),
                        () -> of(
                                HostTensor.normal(1, 11, D),
                                HostTensor.normal(2, N, D),
                                HostTensor.ints(N, n -> n * n % 11)));
                add(
                        "rmsNorm" + at,
                        (k, a) -> k.rmsNorm(a[0], a[1], a[2], a[3], 1e-5f),
                        () -> of(
                                HostTensor.zeros(N, D),
                                HostTensor.zeros(N),
                                HostTensor.normal(1, N, D),
                                HostTensor.normal(2, D)));
                add(
                        "addRmsNorm" + at,
                        (k, a) -> k.addRmsNorm(a[0], a[1], a[2], a[3], a[4], a[5], 1e-6f),
                        () -> of(
                                HostTensor.zeros(N, D),
                                HostTensor.zeros(N, D),
                                HostTensor.zeros(N),
                                HostTensor.normal(1, N, D),
                                HostTensor.normal(2, N, D),
                                HostTensor.normal(3, D)));
                add(
                        "addRmsNorm in place" + at,
                        (k, a) -> k.addRmsNorm(a[2], a[0], a[1], a[2], a[3], a[4], 1e-6f),
                        () -> of(
                                HostTensor.zeros(N, D),
                                HostTensor.zeros(N),
                                HostTensor.normal(1, N, D),
                                HostTensor.normal(2, N, D),
                                HostTensor.normal(3, D)));
                add(
                        "rmsNormBackward" + at,
                        (k, a) -> k.rmsNormBackward(a[0], a[1], a[2], a[3], a[4], a[5]),
                        () -> of(
                                HostTensor.normal(1, N, D),
                                HostTensor.normal(2, D),
                                HostTensor.normal(3, N, D),
                                HostTensor.normal(4, N, D),
                                HostTensor.normal(5, N),
                                HostTensor.normal(6, D)));
                add(
                        "swiGlu" + at,
                        (k, a) -> k.swiGlu(a[0], a[1]),
                        () -> of(HostTensor.zeros(N, D), HostTensor.normal(1, N, 2 * D)));
                add(
                        "swiGluBackward" + at,
                        (k, a) -> k.swiGluBackward(a[0], a[1], a[2]),
                        () -> of(
                                HostTensor.zeros(N, 2 * D),
                                HostTensor.normal(1, N, D),
                                HostTensor.normal(2, N, 2 * D)));
                add(
                        "swiGluBackward in place" + at,
                        (k, a) -> k.swiGluBackward(a[1], a[0], a[1]),
                        () -> of(HostTensor.normal(1, N, D), HostTensor.normal(2, N, 2 * D)));
            }
        }
        for (int E : new int[] {2, 6, 16, 30, 32, 48, 64, 80, 128}) {
            for (boolean inverse : new boolean[] {false, true}) {
                add(
                        "rope E=" + E + (inverse ? " inverse" : ""),
                        (k, a) -> k.rope(a[0], 3, a[1], a[2], a[3], inverse),
                        () -> of(
                                HostTensor.normal(1, 37, 5, E),
                                HostTensor.ints(37, n -> n * 5 % 41),
                                HostTensor.normal(2, 41, E / 2),
                                HostTensor.normal(3, 41, E / 2)));
            }
        }
    }

    private void attention() {
        int[][] shapes = { // B, T, H, K, E
            {1, 1, 1, 1, 16},
            {2, 17, 2, 1, 32},
            {1, 65, 4, 2, 48},
            {2, 65, 4, 1, 64},
            {1, 64, 2, 2, 80},
            {1, 257, 2, 1, 16},
            {1, 256, 2, 2, 48},
            {2, 130, 3, 3, 128},
            {1, 33, 6, 2, 10},
            {3, 16, 2, 2, 24},
            {1, 521, 2, 1, 96},
            {1, 300, 4, 2, 64},
            {1, 300, 3, 1, 64},
            {1, 70, 2, 1, 160}
        };
        for (int[] s : shapes) {
            int B = s[0];
            int T = s[1];
            int H = s[2];
            int K = s[3];
            int E = s[4];
            String at = " B=" + B + " T=" + T + " H=" + H + " K=" + K + " E=" + E;
            addMatrix(
                    "attention" + at,
                    (k, a) -> k.attention(a[0], a[1], a[2], B, T, H, K),
                    () -> of(
                            HostTensor.zeros((long) B * T, H, E),
                            HostTensor.zeros(B, H, T),
                            HostTensor.normal(1, (long) B * T, H + 2 * K, E)));
            addMatrix(
                    "attentionBackward" + at,
                    (k, a) -> {
                        k.attention(a[0], a[1], a[2], B, T, H, K);
                        k.attentionBackward(a[3], a[4], a[0], a[1], a[2], B, T, H, K);
                    },
                    () -> of(
                            HostTensor.zeros((long) B * T, H, E),
                            HostTensor.zeros(B, H, T),
                            HostTensor.normal(1, (long) B * T, H + 2 * K, E),
                            HostTensor.normal(2, (long) B * T, H + 2 * K, E),
                            HostTensor.normal(3, (long) B * T, H, E)));
        }
        int[][] cached = { // N, past, H, K, E, capacity
            {1, 0, 1, 1, 16, 1}, {1, 16, 2, 1, 32, 20}, {1, 300, 4, 2, 48, 301}, {1, 1023, 4, 1, 64, 1100},
            {17, 0, 2, 2, 64, 17}, {65, 31, 4, 2, 48, 100}, {7, 255, 3, 3, 80, 300}, {130, 129, 2, 1, 128, 259},
            {1, 2047, 8, 2, 64, 2048}, {3, 5, 6, 2, 10, 9}
        };
        for (int[] s : cached) {
            int N = s[0];
            int past = s[1];
            int H = s[2];
            int K = s[3];
            int E = s[4];
            for (int heads : new int[] {H, H + 2 * K}) {
                addMatrix(
                        "attentionCached N=" + N + " past=" + past + " H=" + H + " K=" + K + " E=" + E + " of " + heads
                                + " heads",
                        (k, a) -> k.attentionCached(a[0], a[1], a[2], a[3], past, H),
                        () -> of(
                                HostTensor.zeros(N, H, E),
                                HostTensor.normal(1, N, heads, E),
                                HostTensor.normal(2, s[5], K, E),
                                HostTensor.normal(3, s[5], K, E)));
            }
        }
    }

    private void loss() {
        for (int V : new int[] {1, 2, 15, 16, 17, 31, 33, 64, 257, 1000, 4099}) {
            for (int N : new int[] {0, 1, 6}) {
                add(
                        "crossEntropy N=" + N + " V=" + V,
                        (k, a) -> k.crossEntropy(a[0], a[1], a[2], a[3], 0.125f),
                        () -> of(
                                HostTensor.normal(1, N),
                                HostTensor.normal(2, N, V),
                                HostTensor.ints(N, n -> n % 3 == 2 ? -1 : n * 13 % V),
                                HostTensor.normal(3, N)));
                add(
                        "argMax N=" + N + " V=" + V,
                        (k, a) -> {
                            k.argMax(a[0], a[1]);
                            k.argMax(a[2], a[3]);
                        },
                        () -> of(
                                HostTensor.ints(N, n -> n),
                                HostTensor.normal(1, N, V),
                                HostTensor.ints(N, n -> n),
                                HostTensor.floats(ties(N * V), N, V)));
                add(
                        "negativeLogLikelihood N=" + N + " V=" + V,
                        (k, a) -> k.negativeLogLikelihood(a[0], a[1], a[2]),
                        () -> of(
                                HostTensor.normal(1, N),
                                HostTensor.normal(2, N, V),
                                HostTensor.ints(N, n -> n % 3 == 2 ? -1 : n * 13 % V)));
            }
        }
    }

    /** Few different values, so that the largest comes often, among them −∞. */
    private static float[] ties(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i % 5 == 0 ? Float.NEGATIVE_INFINITY : i * 31 % 7 - 9;
        }
        return values;
    }

    private void elementwise() {
        int[] counts = {0, 1, 15, 16, 17, 31, 64, 1000, 70_001, 300_000};
        for (int count : counts) {
            String at = " of " + count;
            add(
                    "add" + at,
                    (k, a) -> k.add(a[0], a[1]),
                    () -> of(HostTensor.normal(1, count), HostTensor.normal(2, count)));
            add("scale" + at, (k, a) -> k.scale(a[0], -0.3f), () -> of(HostTensor.normal(1, count)));
            add("fill" + at, (k, a) -> k.fill(a[0], 2.5f), () -> of(HostTensor.normal(1, count)));
            for (long step : new long[] {1, 1000}) {
                AdamWStep adamW = new AdamWStep(1e-2f, 0.9f, 0.95f, 1e-8f, 0.1f, 0.5f, step);
                add(
                        "adamW step " + step + at,
                        (k, a) -> {
                            k.add(a[3], a[4]); // a second moment is never negative
                            k.adamW(a[0], a[1], a[2], a[3], adamW);
                        },
                        () -> of(
                                HostTensor.normal(1, count),
                                HostTensor.normal(2, count),
                                HostTensor.normal(3, count),
                                HostTensor.zeros(count),
                                squares(count)));
            }
        }
    }

    private static HostTensor squares(int count) {
        float[] values = HostTensor.normal(9, count).toFloats();
        for (int i = 0; i < count; i++) {
            values[i] *= values[i];
        }
        return HostTensor.floats(values, count);
    }

    private void noise() {
        for (int count : new int[] {0, 1, 15, 16, 33, 1000, 70_001, 140_000}) {
            for (boolean accumulate : new boolean[] {false, true}) {
                add(
                        "dropout of " + count + (accumulate ? " +=" : ""),
                        (k, a) -> k.dropout(a[0], a[1], 0.3f, 77L, accumulate),
                        () -> of(HostTensor.normal(1, count), HostTensor.normal(2, count)));
            }
            add(
                    "dropout in place of " + count,
                    (k, a) -> k.dropout(a[0], a[0], 0.9f, -5L, false),
                    () -> of(HostTensor.normal(1, count)));
            add("addNoise to " + count, (k, a) -> k.addNoise(a[0], 0.1f, 123L), () -> of(HostTensor.normal(1, count)));
        }
    }

    private void blocks() {
        int[][] shapes = {{0, 3}, {1, 1}, {5, 7}, {300, 16}, {70, 1100}};
        for (int[] shape : shapes) {
            int O = shape[0];
            int R = shape[1];
            add(
                    "putBlock " + O + " x " + R,
                    (k, a) -> k.putBlock(a[0], 3, 2, a[1], 1.5f),
                    () -> of(HostTensor.normal(1, O + 5, R + 4), HostTensor.normal(2, O, R)));
            add(
                    "addBlock " + O + " x " + R,
                    (k, a) -> k.addBlock(a[1], a[0], 3, 2, 1.5f),
                    () -> of(HostTensor.normal(1, O + 5, R + 4), HostTensor.normal(2, O, R)));
        }
    }

    /** Rows beyond what a thread, a block or its fast memory holds at once, and tables of more ids than two digits of a sort. */
    private void longRows() {
        for (int D : new int[] {2048, 5000, 16_400}) {
            add(
                    "rmsNorm N=3 D=" + D,
                    (k, a) -> k.rmsNorm(a[0], a[1], a[2], a[3], 1e-5f),
                    () -> of(
                            HostTensor.zeros(3, D),
                            HostTensor.zeros(3),
                            HostTensor.normal(1, 3, D),
                            HostTensor.normal(2, D)));
            add(
                    "rmsNormBackward N=7 D=" + D,
                    (k, a) -> k.rmsNormBackward(a[0], a[1], a[2], a[3], a[4], a[5]),
                    () -> of(
                            HostTensor.normal(1, 7, D),
                            HostTensor.normal(2, D),
                            HostTensor.normal(3, 7, D),
                            HostTensor.normal(4, 7, D),
                            HostTensor.normal(5, 7),
                            HostTensor.normal(6, D)));
        }
        for (int V : new int[] {32_000, 64_000, 64_001}) {
            add(
                    "crossEntropy N=2 V=" + V,
                    (k, a) -> k.crossEntropy(a[0], a[1], a[2], a[3], 0.5f),
                    () -> of(
                            HostTensor.zeros(2),
                            HostTensor.normal(2, 2, V),
                            HostTensor.ints(2, n -> n * 31_999),
                            HostTensor.normal(3, 2)));
        }
        for (int V : new int[] {255, 256, 70_000}) {
            add(
                    "embeddingBackward N=3000 V=" + V,
                    (k, a) -> k.embeddingBackward(a[0], a[1], a[2]),
                    () -> of(
                            HostTensor.normal(1, V, 4),
                            HostTensor.normal(2, 3000, 4),
                            HostTensor.ints(3000, n -> n % 3 == 0 ? V - 1 : (int) (n * 2_654_435_761L % V))));
        }
    }
}
