package dev.cria.tensor;

import dev.cria.tensor.quant.BlockFormats;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Calls on weights as they are stored: every element type, to and from float32, looked up and multiplied. */
public final class StoredWeightCases {
    private final List<KernelCase> cases = new ArrayList<>();

    private StoredWeightCases() {}

    public static List<KernelCase> all() {
        StoredWeightCases all = new StoredWeightCases();
        for (DType dtype : DType.values()) {
            if (dtype != DType.I32) {
                all.convert(dtype);
                all.embedding(dtype);
                all.project(dtype);
                all.projectLongRows(dtype);
                all.frozen(dtype);
            }
        }
        all.projectMixed();
        all.frozenMixed();
        all.addBlockDiagonal();
        return all.cases;
    }

    /** Normal numbers, some of them large, stored as {@code dtype}. */
    static HostTensor stored(DType dtype, long seed, long... dims) {
        HostTensor floats = HostTensor.normal(seed, dims);
        float[] values = floats.toFloats();
        for (int i = 0; i < values.length; i += 61) {
            values[i] *= 6;
        }
        HostTensor source = HostTensor.floats(values, dims);
        if (dtype == DType.F32) {
            return source;
        }
        MemorySegment data = MemorySegment.ofArray(new byte[(int) dtype.bytes(values.length)]);
        if (dtype.isQuantised()) {
            BlockFormats.of(dtype).quantise(source.data(), 0, data, 0, values.length);
        } else {
            for (int i = 0; i < values.length; i++) {
                short bits = dtype == DType.F16
                        ? Float.floatToFloat16(values[i])
                        : (short) (Float.floatToRawIntBits(values[i]) >>> 16);
                data.set(java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L, bits);
            }
        }
        return new HostTensor(dtype, data, dims);
    }

    private static HostTensor empty(DType dtype, long... dims) {
        return new HostTensor(dtype, MemorySegment.ofArray(new byte[(int) dtype.bytes(HostTensor.count(dims))]), dims);
    }

    private void convert(DType dtype) {
        int[] blocks = {1, 3, 17, Math.max(1, 70_000 / dtype.blockSize()), 1 + (1 << 17) / dtype.blockSize()};
        for (int count : Arrays.stream(blocks).map(n -> n * dtype.blockSize()).toArray()) {
            cases.add(new KernelCase(
                    "convert F32 to " + dtype + " of " + count, false, (k, a) -> k.convert(a[1], a[0]), () ->
                            new HostTensor[] {stored(DType.F32, 1, count), empty(dtype, count)}));
            cases.add(new KernelCase(
                    "convert " + dtype + " to F32 of " + count, false, (k, a) -> k.convert(a[1], a[0]), () ->
                            new HostTensor[] {stored(dtype, 2, count), empty(DType.F32, count)}));
        }
        int count = 70 * 256;
        for (DType other : List.of(DType.F16, DType.BF16, DType.Q8_0)) {
            cases.add(new KernelCase("convert " + other + " to " + dtype, false, (k, a) -> k.convert(a[1], a[0]), () ->
                    new HostTensor[] {stored(other, 3, count), empty(dtype, count)}));
        }
    }

    private void embedding(DType dtype) {
        for (int N : new int[] {0, 1, 5, 70}) {
            cases.add(new KernelCase(
                    "embedding of " + dtype + " N=" + N,
                    false,
                    (k, a) -> k.embedding(a[0], a[1], a[2]),
                    () -> new HostTensor[] {
                        HostTensor.zeros(N, 512), stored(dtype, 4, 11, 512), HostTensor.ints(N, n -> n * 7 % 11)
                    }));
        }
    }

    private void project(DType dtype) {
        int least = Math.max(dtype.blockSize(), dtype == DType.F32 ? 1 : dtype.blockSize() == 1 ? 7 : 1);
        int[][] shapes = { // N, blocks of a row, O
            {0, 3, 4},
            {1, 1, 1},
            {1, 3, 5},
            {2, 8, 7},
            {3, 5, 34},
            {15, 4, 50},
            {16, 2, 100},
            {17, 3, 65},
            {40, 9, 49},
            {130, 2, 20},
            {1, 7, 700}
        };
        for (int[] shape : shapes) {
            int N = shape[0];
            int I = shape[1] * least;
            int O = shape[2];
            cases.add(new KernelCase(
                    "project by " + dtype + " N=" + N + " I=" + I + " O=" + O,
                    true,
                    (k, a) -> k.project(a[0], a[1], List.of(a[2]), Arithmetic.EXACT),
                    () -> new HostTensor[] {HostTensor.zeros(N, O), HostTensor.normal(5, N, I), stored(dtype, 6, O, I)
                    }));
        }
    }

    /** Rows of weights that are read in several pieces. */
    private void projectLongRows(DType dtype) {
        int[][] shapes = {{1, 5632, 9}, {5, 2304, 6}, {16, 4096, 3}};
        for (int[] shape : shapes) {
            int N = shape[0];
            int I = shape[1];
            int O = shape[2];
            cases.add(new KernelCase(
                    "project by " + dtype + " N=" + N + " I=" + I + " O=" + O,
                    true,
                    (k, a) -> k.project(a[0], a[1], List.of(a[2]), Arithmetic.EXACT),
                    () -> new HostTensor[] {HostTensor.zeros(N, O), HostTensor.normal(5, N, I), stored(dtype, 6, O, I)
                    }));
        }
    }

    private void addBlockDiagonal() {
        for (int N : new int[] {0, 1, 3, 16, 17, 130}) {
            cases.add(new KernelCase(
                    "add products by blocks N=" + N,
                    true,
                    (k, a) -> k.addBlockDiagonal(a[0], a[1], List.of(a[2], a[3], a[4], a[5])),
                    () -> new HostTensor[] {
                        HostTensor.normal(4, N, 1200 + 70 + 5 + 3000),
                        HostTensor.normal(5, N, 16 + 0 + 1 + 40),
                        HostTensor.normal(6, 16, 1200),
                        HostTensor.normal(7, 0, 70),
                        HostTensor.normal(8, 1, 5),
                        HostTensor.normal(9, 40, 3000)
                    }));
        }
    }

    private void projectMixed() {
        for (int N : new int[] {1, 6, 50}) {
            cases.add(new KernelCase(
                    "project by three weights N=" + N,
                    true,
                    (k, a) -> k.project(a[0], a[1], List.of(a[2], a[3], a[4]), Arithmetic.EXACT),
                    () -> new HostTensor[] {
                        HostTensor.zeros(N, 100),
                        HostTensor.normal(5, N, 768),
                        stored(DType.Q4_K, 6, 64, 768),
                        stored(DType.F16, 7, 3, 768),
                        stored(DType.Q6_K, 8, 33, 768)
                    }));
        }
    }

    private void frozen(DType dtype) {
        int block = dtype.isQuantised() ? dtype.blockSize() : 7;
        int[][] shapes = { // N, blocks of a row, O
            {0, 3, 4},
            {1, 1, 1},
            {3, 5, 34},
            {16, 2, 100},
            {17, 3, 65},
            {40, 9, 49},
            {130, 2, 1100},
            {70, 600 / block, 20}
        };
        for (int[] shape : shapes) {
            int N = shape[0];
            int I = shape[1] * block;
            int O = shape[2];
            String at = " by " + dtype + " N=" + N + " I=" + I + " O=" + O;
            cases.add(new KernelCase(
                    "frozenLinear" + at,
                    true,
                    (k, a) -> k.frozenLinear(a[0], a[1], List.of(a[2])),
                    () -> new HostTensor[] {HostTensor.zeros(N, O), HostTensor.normal(5, N, I), stored(dtype, 6, O, I)
                    }));
            cases.add(new KernelCase(
                    "frozenLinearBackwardInput" + at,
                    true,
                    (k, a) -> k.frozenLinearBackwardInput(a[0], a[1], List.of(a[2])),
                    () -> new HostTensor[] {
                        HostTensor.normal(4, N, I), HostTensor.normal(5, N, O), stored(dtype, 6, O, I)
                    }));
        }
    }

    private void frozenMixed() {
        for (int N : new int[] {1, 50}) {
            cases.add(new KernelCase(
                    "frozenLinearBackwardInput by three weights N=" + N,
                    true,
                    (k, a) -> k.frozenLinearBackwardInput(a[0], a[1], List.of(a[2], a[3], a[4])),
                    () -> new HostTensor[] {
                        HostTensor.normal(4, N, 768),
                        HostTensor.normal(5, N, 100),
                        stored(DType.Q4_K, 6, 64, 768),
                        stored(DType.F32, 7, 3, 768),
                        stored(DType.BF16, 8, 33, 768)
                    }));
        }
    }
}
