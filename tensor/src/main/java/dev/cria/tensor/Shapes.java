package dev.cria.tensor;

import java.util.Arrays;

/** Checks that all devices make before a kernel runs, with messages that name the argument. */
final class Shapes {
    private Shapes() {}

    /**
     * A live native tensor of one element type.
     *
     * @throws IllegalArgumentException if the type is another, or the memory is a Java array
     * @throws IllegalStateException if the memory was freed
     */
    static void type(String name, Tensor tensor, DType dtype) {
        if (tensor.dtype() != dtype) {
            throw new IllegalArgumentException(name + " is " + tensor + ", expected type " + dtype);
        }
        live(name, tensor);
    }

    static void live(String name, Tensor tensor) {
        if (!tensor.data().isNative()) {
            throw new IllegalArgumentException(name + " " + tensor + " is not in native memory");
        }
        if (!tensor.data().scope().isAlive()) {
            throw new IllegalStateException(name + " " + tensor + " was used after its memory was freed");
        }
    }

    /** An F32 tensor of exactly this shape. */
    static void floats(String name, Tensor tensor, long... dims) {
        exactly(name, tensor, DType.F32, dims);
    }

    /** A tensor of this type and exactly this shape. */
    static void exactly(String name, Tensor tensor, DType dtype, long... dims) {
        type(name, tensor, dtype);
        shape(name, tensor, dims);
    }

    /** An I32 tensor of exactly this shape. */
    static void ints(String name, Tensor tensor, long... dims) {
        type(name, tensor, DType.I32);
        shape(name, tensor, dims);
    }

    /** A tensor of this type and this rank at least. */
    static void rank(String name, Tensor tensor, DType dtype, int least) {
        type(name, tensor, dtype);
        if (tensor.rank() < least) {
            throw new IllegalArgumentException(name + " is " + tensor + ", expected " + least + " dimensions");
        }
    }

    /** Elements of one row: all dimensions but the first. */
    static long columns(Tensor tensor) {
        long columns = 1;
        for (int i = 1; i < tensor.rank(); i++) {
            columns *= tensor.dim(i);
        }
        return columns;
    }

    /** A tensor of {@code rows} rows with {@code columns} elements each, in however many dimensions. */
    static void matrix(String name, Tensor tensor, DType dtype, long rows, long columns) {
        rank(name, tensor, dtype, 2);
        if (tensor.dim(0) != rows || columns(tensor) != columns) {
            throw new IllegalArgumentException(name + " is " + tensor + ", expected [" + rows + ", " + columns + "]");
        }
    }

    static void elements(String name, Tensor tensor, long elements) {
        if (tensor.elements() != elements) {
            throw new IllegalArgumentException(name + " is " + tensor + ", expected " + elements + " elements");
        }
    }

    /** An output that shares no memory with an input. */
    static void apart(String outputName, Tensor output, String inputName, Tensor input) {
        long out = output.data().address();
        long in = input.data().address();
        if (out < in + input.byteSize() && in < out + output.byteSize()) {
            throw new IllegalArgumentException(outputName + " " + output + " shares memory with " + inputName);
        }
    }

    private static void shape(String name, Tensor tensor, long... dims) {
        boolean same = tensor.rank() == dims.length;
        for (int i = 0; same && i < dims.length; i++) {
            same = tensor.dim(i) == dims[i];
        }
        if (!same) {
            throw new IllegalArgumentException(name + " is " + tensor + ", expected " + Arrays.toString(dims));
        }
    }
}
