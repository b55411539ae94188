package dev.cria.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntUnaryOperator;

/** An array with a shape in Java memory: what a test gives to every device, and gets back. */
public record HostTensor(DType dtype, MemorySegment data, long... dims) {
    static long count(long... dims) {
        return Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    }

    /** Normal random numbers that depend on the seed alone. */
    public static HostTensor normal(long seed, long... dims) {
        Random random = new Random(seed * 31 + 7);
        float[] values = new float[(int) count(dims)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return floats(values, dims);
    }

    public static HostTensor floats(float[] values, long... dims) {
        return new HostTensor(DType.F32, MemorySegment.ofArray(values), dims);
    }

    public static HostTensor zeros(long... dims) {
        return floats(new float[(int) count(dims)], dims);
    }

    public static HostTensor ints(int count, IntUnaryOperator value) {
        int[] values = new int[count];
        Arrays.setAll(values, value);
        return new HostTensor(DType.I32, MemorySegment.ofArray(values), count);
    }

    public static HostTensor halves(DType dtype, short[] bits) {
        return new HostTensor(dtype, MemorySegment.ofArray(bits), bits.length);
    }

    public float[] toFloats() {
        return data.toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    /** A copy on a device. */
    public Tensor on(Device device, Workspace workspace) {
        Tensor tensor = workspace.allocate(dtype, dims);
        device.upload(data, tensor);
        return tensor;
    }

    /** A copy of a device's tensor. */
    public static HostTensor from(Device device, Tensor tensor) {
        MemorySegment copy = MemorySegment.ofArray(new byte[Math.toIntExact(tensor.byteSize())]);
        device.download(tensor, copy);
        return new HostTensor(tensor.dtype(), copy, tensor.dims());
    }
}
