package dev.cria.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A contiguous row-major array in native memory: an element type, dimensions and the segment that holds it. A view (rows, reshape) shares
 * the segment's memory. A tensor does not own its memory; the {@link Workspace} or the mapped file behind it does.
 */
public final class Tensor {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DType dtype;
    private final MemorySegment data;
    private final long[] dims;

    private Tensor(DType dtype, MemorySegment data, long[] dims) {
        this.dtype = dtype;
        this.data = data;
        this.dims = dims;
    }

    /**
     * Wraps memory as a tensor.
     *
     * @throws IllegalArgumentException if a dimension is negative or the segment's size is not exactly that of the shape
     */
    public static Tensor of(DType dtype, MemorySegment data, long... dims) {
        long expected = dtype.bytes(elements(dims));
        if (data.byteSize() != expected) {
            throw new IllegalArgumentException(dtype + Arrays.toString(dims) + " takes " + expected
                    + " bytes, the segment has " + data.byteSize());
        }
        return new Tensor(dtype, data, dims.clone());
    }

    private static long elements(long... dims) {
        long elements = 1;
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative dimension in " + Arrays.toString(dims));
            }
            elements = Math.multiplyExact(elements, dim);
        }
        return elements;
    }

    public DType dtype() {
        return dtype;
    }

    /** The memory, exactly {@link #byteSize} long. On a GPU its address is a device address and it cannot be read from Java. */
    public MemorySegment data() {
        return data;
    }

    public int rank() {
        return dims.length;
    }

    /** Size of dimension {@code i}; negative counts from the last ({@code -1}). */
    public long dim(int i) {
        return dims[i < 0 ? dims.length + i : i];
    }

    /** The same as {@link #dim} for dimensions that are known to fit an int. */
    public int size(int i) {
        return Math.toIntExact(dim(i));
    }

    public long[] dims() {
        return dims.clone();
    }

    /** Whether the dimensions are the other's. */
    public boolean hasShapeOf(Tensor other) {
        return Arrays.equals(dims, other.dims);
    }

    /** Number of elements. */
    public long elements() {
        return elements(dims);
    }

    public long byteSize() {
        return data.byteSize();
    }

    /** The same memory under another shape with as many elements. */
    public Tensor reshape(long... shape) {
        return of(dtype, data, shape);
    }

    /** Rows {@code from} (inclusive) to {@code to} (exclusive) of the first dimension, sharing memory. */
    public Tensor rows(long from, long to) {
        if (from < 0 || to < from || to > dims[0]) {
            throw new IndexOutOfBoundsException("rows " + from + " to " + to + " of " + this);
        }
        long[] shape = dims.clone();
        shape[0] = 1;
        long rowBytes = dtype.bytes(elements(shape));
        shape[0] = to - from;
        return new Tensor(dtype, data.asSlice(from * rowBytes, (to - from) * rowBytes), shape);
    }

    /** Element {@code i} in row-major order of an {@link DType#F32} tensor in host memory. For tests and small reads; kernels read the segment. */
    public float getFloat(long i) {
        require(DType.F32);
        return data.get(FLOAT, i * 4);
    }

    /** Sets element {@code i} of an {@link DType#F32} tensor in host memory. */
    public void setFloat(long i, float value) {
        require(DType.F32);
        data.set(FLOAT, i * 4, value);
    }

    /** Element {@code i} of an {@link DType#I32} tensor in host memory. */
    public int getInt(long i) {
        require(DType.I32);
        return data.get(INT, i * 4);
    }

    /** Sets element {@code i} of an {@link DType#I32} tensor in host memory. */
    public void setInt(long i, int value) {
        require(DType.I32);
        data.set(INT, i * 4, value);
    }

    /** Copies an {@link DType#F32} tensor in host memory to an array. */
    public float[] toFloats() {
        require(DType.F32);
        return data.toArray(FLOAT);
    }

    /** Fills an {@link DType#F32} tensor in host memory from an array of as many elements. */
    public Tensor copyFrom(float[] values) {
        require(DType.F32);
        requireElements(values.length);
        MemorySegment.copy(values, 0, data, FLOAT, 0, values.length);
        return this;
    }

    /** Fills an {@link DType#I32} tensor in host memory from an array of as many elements. */
    public Tensor copyFrom(int[] values) {
        require(DType.I32);
        requireElements(values.length);
        MemorySegment.copy(values, 0, data, INT, 0, values.length);
        return this;
    }

    private void require(DType expected) {
        if (dtype != expected) {
            throw new IllegalStateException("expected " + expected + ", this is " + this);
        }
    }

    private void requireElements(int count) {
        if (elements() != count) {
            throw new IllegalArgumentException(count + " values for " + this);
        }
    }

    /** Type and shape, such as {@code F32[8, 288]}. */
    @Override
    public String toString() {
        return dtype + Arrays.toString(dims);
    }
}
