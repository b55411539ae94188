package dev.cria.cuda.fp8;

import dev.cria.cuda.gemm.MatrixType;
import dev.cria.cuda.memory.DeviceMemory;
import dev.cria.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is known of the matrices in device memory, by address. Whoever writes memory says so ({@link #forget}), and what was known of it is gone:
 * the scale of an activation lasts from the forward to the backward pass, the FP8 copies of a weight to the optimizer's step. All is in the order
 * of the one stream: memory that is given back here may still be read by what was started before.
 */
final class KnownMatrices {
    private static final int SLOTS = 1024;
    private static final long SLOT_BYTES = 2 * KnownMatrix.INVERSE;

    private final DeviceMemory memory;
    /** No two overlap. */
    private final TreeMap<Long, KnownMatrix> byAddress = new TreeMap<>();

    private final Deque<Long> freeScales = new ArrayDeque<>();
    private long entries;

    KnownMatrices(DeviceMemory memory) {
        this.memory = memory;
    }

    /** What is known of a matrix that lies exactly there in exactly this shape, as one of that format. */
    Optional<KnownMatrix> find(Tensor matrix, MatrixType format) {
        KnownMatrix known = byAddress.get(matrix.data().address());
        return known != null
                        && known.format() == format
                        && known.bytes() == matrix.byteSize()
                        && known.rows() == matrix.dim(0)
                ? Optional.of(known)
                : Optional.empty();
    }

    /**
     * A new entry with memory for a scale, and for copies where they are wanted; both are still to be written.
     *
     * @param copyBytes of each of the two copies; 0 for none
     * @throws dev.cria.base.UserError if there is not enough memory
     */
    KnownMatrix add(Tensor matrix, MatrixType format, long copyBytes) {
        forget(matrix);
        List<DeviceMemory.Block> copies =
                copyBytes == 0 ? List.of() : List.of(memory.allocate(copyBytes), memory.allocate(copyBytes));
        KnownMatrix added = new KnownMatrix(
                ++entries, format, matrix.data().address(), matrix.byteSize(), matrix.dim(0), freeScale(), copies);
        byAddress.put(added.address(), added);
        return added;
    }

    private long freeScale() {
        if (freeScales.isEmpty()) {
            long block = memory.allocate(SLOTS * SLOT_BYTES).address();
            for (int i = 0; i < SLOTS; i++) {
                freeScales.add(block + i * SLOT_BYTES);
            }
        }
        return freeScales.remove();
    }

    /** A tensor was written, or its memory is another's from now on. */
    void forget(Tensor tensor) {
        long start = tensor.data().address();
        long end = start + tensor.byteSize();
        Map.Entry<Long, KnownMatrix> before = byAddress.lowerEntry(start);
        if (before != null && before.getValue().end() > start) {
            drop(before.getValue());
        }
        List.copyOf(byAddress.subMap(start, end).values()).forEach(this::drop);
    }

    void forgetAll() {
        new ArrayList<>(byAddress.values()).forEach(this::drop);
    }

    /** How many matrices something is known of. */
    int size() {
        return byAddress.size();
    }

    private void drop(KnownMatrix known) {
        byAddress.remove(known.address());
        freeScales.add(known.scale());
        known.copies().forEach(memory::free);
    }
}
