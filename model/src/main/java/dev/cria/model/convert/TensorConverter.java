package dev.cria.model.convert;

import dev.cria.base.UserError;
import dev.cria.model.RowOrder;
import dev.cria.model.adapter.WeightChange;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.TensorContent;
import dev.cria.tensor.Workspace;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Reorders, checks and converts tensors some rows at a time, so that memory does not grow with the model. All threads of the device convert;
 * the file is written between.
 */
final class TensorConverter implements AutoCloseable {
    /** Elements at a time: 16 MB of float32. */
    private static final long CHUNK = 4 << 20;

    /**
     * What a tensor is to become.
     *
     * @param order of its rows
     * @param change what is added to it, once its rows are in order
     */
    record Task(String name, Tensor source, DType target, RowOrder order, Optional<WeightChange> change) {}

    private final Device device;
    private final Kernels kernels;
    private final Workspace workspace;
    private final BiConsumer<String, Long> read;
    private final Buffer moved;
    private final Buffer floats;
    private final Buffer converted;
    private final Buffer again;

    /** @param read hears the tensor's name and the bytes that were read of it since the last time */
    TensorConverter(Device device, BiConsumer<String, Long> read) {
        this.device = device;
        this.kernels = device.kernels();
        this.workspace = device.workspace();
        this.read = read;
        this.moved = new Buffer();
        this.floats = new Buffer();
        this.converted = new Buffer();
        this.again = new Buffer();
    }

    /** Memory that grows to what it is asked for. */
    private final class Buffer {
        private MemorySegment memory = MemorySegment.NULL;

        Tensor tensor(DType dtype, long... dims) {
            long elements = 1;
            for (long dim : dims) {
                elements *= dim;
            }
            long bytes = dtype.bytes(elements);
            if (memory.byteSize() < bytes) {
                memory = workspace.allocate(DType.F32, (bytes + 3) / 4).data();
            }
            return Tensor.of(dtype, memory.asSlice(0, bytes), dims);
        }
    }

    /** The bytes of the converted tensor, made when they are asked for. */
    TensorContent content(Task task) {
        return sink -> {
            Tensor source = task.source();
            long width = source.dim(-1);
            long rows = source.elements() / width;
            Tensor matrix = source.reshape(rows, width);
            int group = task.order().group();
            long step = Math.max(group, CHUNK / width / group * group);
            try (Workspace ofTask = device.workspace()) {
                Optional<WeightChange.Factors> factors = task.change().map(change -> change.factors(device, ofTask));
                for (long from = 0; from < rows; from += step) {
                    convert(task, factors, matrix, from, Math.min(rows, from + step), sink);
                }
            }
        };
    }

    private void convert(
            Task task,
            Optional<WeightChange.Factors> change,
            Tensor matrix,
            long from,
            long to,
            TensorContent.Sink sink)
            throws IOException {
        Tensor part = task.order().moves() ? move(task.order(), matrix, from, to) : matrix.rows(from, to);
        boolean asStored = part.dtype() == DType.F32 && change.isEmpty();
        Tensor wide = asStored ? part : convert(floats, DType.F32, part, task);
        change.ifPresent(factors -> factors.addTo(kernels, wide, from));
        if (!Double.isFinite(kernels.sumOfSquares(wide))) {
            throw new UserError(
                    "tensor '" + task.name() + "' has NaN or infinite weights, the first in row "
                            + firstBadRow(wide, from),
                    "the model is broken: take an earlier checkpoint, or fetch it again");
        }
        Tensor result = task.target() == part.dtype() && change.isEmpty()
                ? part
                : task.target() == DType.F32 ? wide : convert(converted, task.target(), wide, task);
        if (result != part && (task.target() == DType.F16 || task.target() == DType.BF16)) {
            requireFits(task, result, from);
        }
        sink.accept(result.data());
        read.accept(task.name(), part.byteSize());
    }

    private Tensor move(RowOrder order, Tensor matrix, long from, long to) {
        Tensor result = moved.tensor(matrix.dtype(), to - from, matrix.dim(1));
        long rowBytes = matrix.dtype().bytes(matrix.dim(1));
        for (long row = from; row < to; row++) {
            MemorySegment.copy(
                    matrix.data(), order.originOf(row) * rowBytes, result.data(), (row - from) * rowBytes, rowBytes);
        }
        return result;
    }

    private Tensor convert(Buffer buffer, DType dtype, Tensor from, Task task) {
        Tensor to = buffer.tensor(dtype, from.dims());
        try {
            kernels.convert(to, from);
        } catch (UserError e) {
            throw new UserError("tensor '" + task.name() + "': " + e.what(), e.hint());
        }
        return to;
    }

    /** Float32 reaches further than float16. */
    private void requireFits(Task task, Tensor narrow, long firstRow) {
        Tensor back = convert(again, DType.F32, narrow, task);
        if (!Double.isFinite(kernels.sumOfSquares(back))) {
            throw new UserError(
                    "tensor '" + task.name() + "' has weights too large for " + narrow.dtype() + ", the first in row "
                            + firstBadRow(back, firstRow),
                    "convert to bf16 or f32");
        }
    }

    private static long firstBadRow(Tensor matrix, long firstRow) {
        long i = 0;
        while (Float.isFinite(matrix.getFloat(i))) {
            i++;
        }
        return firstRow + i / matrix.dim(1);
    }

    @Override
    public void close() {
        workspace.close();
    }
}
