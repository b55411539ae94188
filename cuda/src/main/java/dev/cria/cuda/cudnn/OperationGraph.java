package dev.cria.cuda.cudnn;

import java.util.ArrayList;
import java.util.List;

/**
 * A graph of operations in the making. Tensors and operations are descriptors; a virtual tensor has no memory, it is only what one operation
 * leaves to another. All descriptors live until the graph is closed.
 */
final class OperationGraph implements AutoCloseable {
    /** Where results of our kernels and workspaces are aligned to, and every row of a head with a size of a multiple of 8. */
    private static final long ALIGNMENT = 16;

    private static final long FIRST_VIRTUAL = 1000;
    private static final long[] SCALAR = {1, 1, 1, 1};

    private final Cudnn cudnn;
    private final List<Long> descriptors = new ArrayList<>();
    private final List<Long> operations = new ArrayList<>();
    private long virtuals;

    OperationGraph(Cudnn cudnn) {
        this.cudnn = cudnn;
    }

    private long make(int type) {
        long descriptor = cudnn.create(type);
        descriptors.add(descriptor);
        return descriptor;
    }

    private long unfinished(long id, int type, long[] dimensions, long[] strides) {
        long tensor = make(Codes.TENSOR);
        cudnn.setCode(tensor, Codes.TENSOR_TYPE, Codes.TYPE_DATA_TYPE, type);
        cudnn.set(tensor, Codes.TENSOR_DIMENSIONS, Codes.TYPE_INT64, dimensions);
        cudnn.set(tensor, Codes.TENSOR_STRIDES, Codes.TYPE_INT64, strides);
        cudnn.set(tensor, Codes.TENSOR_ID, Codes.TYPE_INT64, id);
        cudnn.set(tensor, Codes.TENSOR_ALIGNMENT, Codes.TYPE_INT64, ALIGNMENT);
        return tensor;
    }

    /** A tensor in memory that execution names by its id. */
    long tensor(long id, int type, long[] dimensions, long[] strides) {
        long tensor = unfinished(id, type, dimensions, strides);
        cudnn.finish(tensor, "tensor " + id);
        return tensor;
    }

    /** A float in host memory. */
    long scalar(long id) {
        long tensor = unfinished(id, Codes.FLOAT, SCALAR, SCALAR);
        cudnn.setCode(tensor, Codes.TENSOR_IS_BY_VALUE, Codes.TYPE_BOOLEAN, 1);
        cudnn.finish(tensor, "scalar " + id);
        return tensor;
    }

    long virtual(int type, long[] dimensions, long[] strides) {
        long tensor = unfinished(FIRST_VIRTUAL + virtuals++, type, dimensions, strides);
        cudnn.setCode(tensor, Codes.TENSOR_IS_VIRTUAL, Codes.TYPE_BOOLEAN, 1);
        cudnn.finish(tensor, "virtual tensor");
        return tensor;
    }

    /** y = mode(x). */
    long pointwise(int mode, long x, long y) {
        return pointwise(description(mode, Codes.FLOAT, -1), x, 0, 0, y);
    }

    /** y = mode(x, b). */
    long pointwise(int mode, long x, long b, long y) {
        return pointwise(description(mode, Codes.FLOAT, -1), x, b, 0, y);
    }

    /** y = where each element of x stands along an axis. */
    long index(int axis, long x, long y) {
        return pointwise(description(Codes.INDEX, Codes.FLOAT, axis), x, 0, 0, y);
    }

    /** y = x ≥ b. */
    long greaterOrEqual(long x, long b, long y) {
        return pointwise(description(Codes.GREATER_OR_EQUAL, Codes.BOOLEAN, -1), x, b, 0, y);
    }

    /** y = x where the mask is true, else b. */
    long select(long x, long b, long mask, long y) {
        return pointwise(description(Codes.SELECT, Codes.FLOAT, -1), x, b, mask, y);
    }

    private long description(int mode, int precision, long axis) {
        long description = make(Codes.POINTWISE);
        cudnn.setCode(description, Codes.POINTWISE_MODE, Codes.TYPE_POINTWISE_MODE, mode);
        cudnn.setCode(description, Codes.POINTWISE_PRECISION, Codes.TYPE_DATA_TYPE, precision);
        if (axis >= 0) {
            cudnn.set(description, Codes.POINTWISE_AXIS, Codes.TYPE_INT64, axis);
        }
        cudnn.finish(description, "pointwise description " + mode);
        return description;
    }

    private long pointwise(long description, long x, long b, long mask, long y) {
        long operation = make(Codes.POINTWISE_OPERATION);
        refer(operation, Codes.POINTWISE_DESCRIPTION, description);
        refer(operation, Codes.POINTWISE_X, x);
        refer(operation, Codes.POINTWISE_Y, y);
        if (b != 0) {
            refer(operation, Codes.POINTWISE_B, b);
        }
        if (mask != 0) {
            refer(operation, Codes.POINTWISE_T, mask);
        }
        return add(operation, "pointwise operation", y);
    }

    /** y = x reduced by {@link Codes#SUM} or {@link Codes#MAXIMUM} along the dimensions that y lacks. */
    long reduce(int operator, long x, long y) {
        long description = make(Codes.REDUCTION);
        cudnn.setCode(description, Codes.REDUCTION_OPERATOR, Codes.TYPE_REDUCTION, operator);
        cudnn.setCode(description, Codes.REDUCTION_PRECISION, Codes.TYPE_DATA_TYPE, Codes.FLOAT);
        cudnn.finish(description, "reduction");
        long operation = make(Codes.REDUCTION_OPERATION);
        refer(operation, Codes.REDUCTION_DESCRIPTION, description);
        refer(operation, Codes.REDUCTION_X, x);
        refer(operation, Codes.REDUCTION_Y, y);
        return add(operation, "reduction", y);
    }

    /** c = a·b for each sequence and head; b may have fewer heads, which are shared. */
    long multiply(long a, long b, long c) {
        long description = make(Codes.MATMUL);
        cudnn.setCode(description, Codes.MATMUL_PRECISION, Codes.TYPE_DATA_TYPE, Codes.FLOAT);
        cudnn.finish(description, "product");
        long operation = make(Codes.MATMUL_OPERATION);
        refer(operation, Codes.MATMUL_DESCRIPTION, description);
        refer(operation, Codes.MATMUL_A, a);
        refer(operation, Codes.MATMUL_B, b);
        refer(operation, Codes.MATMUL_C, c);
        return add(operation, "product", c);
    }

    /** y = x under other dimensions and strides. */
    long reshape(long x, long y) {
        long operation = make(Codes.RESHAPE_OPERATION);
        refer(operation, Codes.RESHAPE_X, x);
        refer(operation, Codes.RESHAPE_Y, y);
        return add(operation, "view", y);
    }

    private void refer(long descriptor, int attribute, long other) {
        cudnn.set(descriptor, attribute, Codes.TYPE_DESCRIPTOR, other);
    }

    private long add(long operation, String what, long result) {
        cudnn.finish(operation, what);
        operations.add(operation);
        return result;
    }

    /**
     * Ends the making; gives the graph's descriptor.
     *
     * @param handle of the device; 0 where a plan names the device's properties instead
     */
    long finish(long handle) {
        long graph = make(Codes.OPERATION_GRAPH);
        if (handle != 0) {
            cudnn.set(graph, Codes.GRAPH_HANDLE, Codes.TYPE_HANDLE, handle);
        }
        long[] all = operations.stream().mapToLong(Long::longValue).toArray();
        cudnn.set(graph, Codes.GRAPH_OPERATIONS, Codes.TYPE_DESCRIPTOR, all);
        cudnn.finish(graph, "graph of operations");
        return graph;
    }

    @Override
    public void close() {
        descriptors.reversed().forEach(cudnn::destroy);
        descriptors.clear();
    }
}
