package dev.cria.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Calls on a cache of keys and values of every type that one may have. */
public final class CacheCases {
    static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0);

    private CacheCases() {}

    public static List<KernelCase> all() {
        List<KernelCase> cases = new ArrayList<>();
        int[][] shapes = { // N, past, H, K, E, C
            {1, 0, 1, 1, 32, 1}, {1, 16, 2, 1, 32, 20}, {1, 300, 8, 2, 64, 301}, {1, 1023, 4, 1, 64, 1100},
            {17, 0, 2, 2, 64, 17}, {65, 31, 4, 2, 64, 100}, {7, 255, 3, 3, 96, 300}, {130, 129, 2, 1, 128, 259},
            {16, 70, 6, 2, 32, 90}, {2, 31, 4, 4, 256, 40}, {3, 40, 2, 1, 288, 50}
        };
        for (DType dtype : TYPES) {
            for (int[] s : shapes) {
                attention(cases, dtype, s[0], s[1], s[2], s[3], s[4], s[5]);
            }
            for (int N : new int[] {1, 5, 40}) {
                cases.add(new KernelCase(
                        "storeKeysValues of " + dtype + " N=" + N,
                        false,
                        (k, a) -> k.storeKeysValues(a[0], a[1], a[2], 3),
                        () -> new HostTensor[] {
                            StoredWeightCases.stored(dtype, 1, 50, 2, 64),
                            StoredWeightCases.stored(dtype, 2, 50, 2, 64),
                            HostTensor.normal(3, N, 8, 64)
                        }));
            }
            slots(cases, dtype, 1, 2, 1, 32, 3, 20);
            slots(cases, dtype, 7, 8, 2, 64, 7, 300);
            slots(cases, dtype, 20, 4, 1, 64, 40, 70);
            slots(cases, dtype, 3, 3, 3, 96, 5, 40);
            slots(cases, dtype, 5, 2, 1, 128, 5, 259);
        }
        for (int E : new int[] {2, 6, 16, 30, 32, 48, 64, 80, 128}) {
            for (boolean inverse : new boolean[] {false, true}) {
                cases.add(new KernelCase(
                        "rope of pairs E=" + E + (inverse ? " inverse" : ""),
                        false,
                        (k, a) -> k.rope(a[0], 3, a[1], a[2], a[3], inverse, RopeOrder.PAIRS),
                        () -> new HostTensor[] {
                            HostTensor.normal(1, 9, 5, E),
                            HostTensor.ints(9, n -> n * 5 % 11),
                            HostTensor.normal(2, 11, E / 2),
                            HostTensor.normal(3, 11, E / 2)
                        }));
            }
        }
        return cases;
    }

    /** Tokens of several sequences; every fifth belongs to none. */
    private static void slots(List<KernelCase> cases, DType dtype, int N, int H, int K, int E, int S, int C) {
        String at = dtype + " N=" + N + " H=" + H + " K=" + K + " E=" + E + " S=" + S + " C=" + C;
        Supplier<HostTensor[]> arguments = () -> new HostTensor[] {
            HostTensor.normal(4, N, (long) H * E),
            HostTensor.normal(5, N, H + 2 * K, E),
            StoredWeightCases.stored(dtype, 6, S, C, K, E),
            StoredWeightCases.stored(dtype, 7, S, C, K, E),
            HostTensor.ints(N, n -> n % 5 == 4 ? -1 : S - 1 - n),
            HostTensor.ints(N, n -> n % 5 == 4 ? 1 << 20 : (n * 67 + C - 1) % C)
        };
        cases.add(new KernelCase(
                "attentionCached of slots, " + at,
                true,
                (k, a) -> k.attentionCached(a[0], a[1], a[2], a[3], a[4], a[5], H),
                arguments));
        cases.add(new KernelCase(
                "storeKeysValues of slots, " + at,
                false,
                (k, a) -> k.storeKeysValues(a[2], a[3], a[1], a[4], a[5]),
                arguments));
    }

    private static void attention(List<KernelCase> cases, DType dtype, int N, int past, int H, int K, int E, int C) {
        cases.add(new KernelCase(
                "attentionCached of " + dtype + " N=" + N + " past=" + past + " H=" + H + " K=" + K + " E=" + E,
                true,
                (k, a) -> k.attentionCached(a[0], a[1], a[2], a[3], past, H),
                () -> new HostTensor[] {
                    HostTensor.zeros(N, (long) H * E),
                    HostTensor.normal(5, N, H + 2 * K, E),
                    StoredWeightCases.stored(dtype, 6, C, K, E),
                    StoredWeightCases.stored(dtype, 7, C, K, E)
                }));
    }
}
