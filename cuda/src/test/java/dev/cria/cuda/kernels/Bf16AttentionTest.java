package dev.cria.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.cuda.CudaDevice;
import dev.cria.cuda.CudaOptions;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.HostTensor;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention on bf16 activations against the scalar reference on the same rounded numbers. */
class Bf16AttentionTest {
    /** Root mean square of the error over that of the result: results, weights and slopes are each rounded to 8 bits. */
    private static final double TOLERANCE = 4e-3;

    record Shape(int B, int T, int H, int K, int E) {
        long rows() {
            return (long) B * T;
        }

        int heads() {
            return H + 2 * K;
        }
    }

    static List<Shape> shapes() {
        return List.of(
                new Shape(1, 1, 1, 1, 64),
                new Shape(2, 65, 4, 1, 64),
                new Shape(1, 257, 4, 2, 64),
                new Shape(1, 300, 3, 3, 128),
                new Shape(2, 130, 2, 1, 128),
                new Shape(1, 128, 8, 1, 64),
                new Shape(1, 70, 2, 1, 48),
                new Shape(1, 40, 2, 2, 160));
    }

    /** out, log Σ exp and dQkv. */
    private static List<float[]> run(Device device, DType type, Shape s) {
        try (Workspace workspace = device.workspace();
                Arena arena = Arena.ofConfined()) {
            Tensor qkv = rounded(device, workspace, arena, type, 1, s.rows(), s.heads(), s.E);
            Tensor dOut = rounded(device, workspace, arena, type, 2, s.rows(), s.H, s.E);
            Tensor out = workspace.allocate(type, s.rows(), s.H, s.E);
            Tensor logSumExp = workspace.allocate(DType.F32, s.B, s.H, s.T);
            Tensor dQkv = workspace.allocate(type, s.rows(), s.heads(), s.E);
            device.kernels().attention(out, logSumExp, qkv, s.B, s.T, s.H, s.K);
            device.kernels().attentionBackward(dQkv, dOut, out, logSumExp, qkv, s.B, s.T, s.H, s.K);
            List<float[]> results = new ArrayList<>();
            for (Tensor tensor : List.of(out, logSumExp, dQkv)) {
                results.add(floats(device, arena, tensor));
            }
            return results;
        }
    }

    private static Tensor rounded(
            Device device, Workspace workspace, Arena arena, DType type, long seed, long... dims) {
        float[] values = HostTensor.normal(seed, dims).toFloats();
        MemorySegment host = arena.allocate(type.bytes(values.length), 64);
        for (int i = 0; i < values.length; i++) {
            short bits = (short) (Float.floatToIntBits(values[i]) + 0x8000 >> 16);
            if (type == DType.BF16) {
                host.setAtIndex(ValueLayout.JAVA_SHORT, i, bits);
            } else {
                host.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.intBitsToFloat(bits << 16));
            }
        }
        Tensor tensor = workspace.allocate(type, dims);
        device.upload(host, tensor);
        return tensor;
    }

    private static float[] floats(Device device, Arena arena, Tensor tensor) {
        MemorySegment host = arena.allocate(tensor.byteSize(), 64);
        device.download(tensor, host);
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

    private static double error(float[] actual, float[] expected) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow((double) actual[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        return Math.sqrt(error / Math.max(size, 1e-30));
    }

    private static CudaOptions options(int order) {
        return GpuUnderTest.options(order).withPrecision(Precision.BF16);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void isCloseToTheReference(Shape shape) {
        try (Device cpu = CpuDevice.open(new CpuOptions(1, Precision.F32, Tier.SCALAR));
                Device gpu = CudaDevice.open(options(1))) {
            List<float[]> expected = run(cpu, DType.F32, shape);
            List<float[]> actual = run(gpu, DType.BF16, shape);
            assertThat(error(actual.get(0), expected.get(0))).as("out").isLessThan(TOLERANCE);
            assertThat(error(actual.get(1), expected.get(1))).as("log Σ exp").isLessThan(1e-6);
            assertThat(error(actual.get(2), expected.get(2))).as("gradients").isLessThan(TOLERANCE);
        }
    }

    @Test
    void hasTheSameBitsInAnyOrder() {
        Shape shape = new Shape(2, 200, 4, 2, 64);
        try (Device first = CudaDevice.open(options(1))) {
            List<float[]> expected = run(first, DType.BF16, shape);
            for (int order = 2; order <= 3; order++) {
                try (Device other = CudaDevice.open(options(order))) {
                    List<float[]> actual = run(other, DType.BF16, shape);
                    for (int i = 0; i < expected.size(); i++) {
                        assertThat(Arrays.mismatch(actual.get(i), expected.get(i)))
                                .as("order %d, result %d", order, i)
                                .isEqualTo(-1);
                    }
                }
            }
        }
    }

    /** Many new tokens over a cache are rounded to bf16 too; few are not. */
    @Test
    void manyTokensAttendOverACacheOnTheTensorCores() {
        for (int E : new int[] {64, 128}) {
            for (DType type : List.of(DType.F32, DType.BF16)) {
                float[] expected;
                try (Device cpu = CpuDevice.open(new CpuOptions(1, Precision.F32, Tier.SCALAR))) {
                    expected = cached(cpu, type, 150, 77, E);
                }
                try (Device gpu = CudaDevice.open(options(1))) {
                    assertThat(error(cached(gpu, type, 150, 77, E), expected)).isLessThan(TOLERANCE);
                }
            }
        }
    }

    private static float[] cached(Device device, DType type, int N, int past, int E) {
        try (Workspace workspace = device.workspace();
                Arena arena = Arena.ofConfined()) {
            Tensor q = rounded(device, workspace, arena, DType.F32, 1, N, 4 + 4, E);
            Tensor keys = rounded(device, workspace, arena, type, 2, past + N, 2, E);
            Tensor values = rounded(device, workspace, arena, type, 3, past + N, 2, E);
            Tensor out = workspace.allocate(DType.F32, N, 4L * E);
            device.kernels().attentionCached(out, q, keys, values, past, 4);
            return floats(device, arena, out);
        }
    }
}
