package dev.cria.cuda.kernels;

import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** What the launchers share: sizes of grids and of vectors. */
final class Launches {
    /** Bytes that a thread loads at once, and that vectors are aligned to. */
    static final int VECTOR_BYTES = 16;

    static final int WARP = 32;

    /** Threads of a block where nothing else decides. */
    static final int THREADS = 256;

    private Launches() {}

    /** Elements of a vector: what kernels call WIDE. */
    static int width(DType dtype) {
        return VECTOR_BYTES / (int) dtype.bytes(1);
    }

    static boolean aligned(Tensor tensor) {
        return tensor.data().address() % VECTOR_BYTES == 0;
    }

    static boolean aligned(Tensor a, Tensor b) {
        return aligned(a) && aligned(b);
    }

    static boolean aligned(Tensor a, Tensor b, Tensor c) {
        return aligned(a, b) && aligned(c);
    }

    /** A flag as kernels take it. */
    static int flag(boolean value) {
        return value ? 1 : 0;
    }

    /** Whole warps for so many threads, at most {@code most}. */
    static int threads(long wanted, int most) {
        return (int) Math.clamp(Math.ceilDiv(wanted, WARP) * WARP, WARP, most);
    }

    /** Blocks of {@link #THREADS} for kernels of which a thread has a vector and one more the rest, or an element where {@code wide} is not. */
    static long blocks(long elements, int width, boolean wide) {
        return Math.ceilDiv(wide ? Math.ceilDiv(elements, width) : elements, THREADS);
    }

    /** All dimensions but the first. */
    static long columns(Tensor tensor) {
        long columns = 1;
        for (int i = 1; i < tensor.rank(); i++) {
            columns *= tensor.dim(i);
        }
        return columns;
    }

    /** Scratch memory as a tensor. */
    static Tensor tensor(Scratch scratch, DType dtype, long... dims) {
        long elements = 1;
        for (long dim : dims) {
            elements *= dim;
        }
        return Tensor.of(dtype, MemorySegment.ofAddress(scratch.address()).reinterpret(dtype.bytes(elements)), dims);
    }
}
