package dev.cria.tensor.cpu;

import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.DType;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Training's products by weights that do not learn and lie in memory as they are stored. Forward is a projection. Backward, a panel of weights
 * is widened to float32 in the cache, and meets all rows of gradients there: in float32, or as bf16 on the matrix engine. So no more than a panel
 * a thread is ever wide.
 */
final class FrozenProjection {
    /** Rows of weights in a panel: the length of a sum, before the next panel adds to it. */
    private static final int PANEL_ROWS = 1024;

    /** Columns of a panel, whole blocks of every format: a megabyte of float32 with its rows, half of a core's second-level cache. */
    private static final int PANEL_COLUMNS = 256;

    private static final int PACK_ROWS = 32;

    private final WorkerPool pool;
    private final Gemm linear;
    private final Gemm leaf;
    private final QuantProjection projection;
    private final Optional<AmxLeaf> tiles;
    private final ThreadScratch panels = new ThreadScratch();
    private final ThreadScratch packed = new ThreadScratch();
    private final ThreadScratch shared = new ThreadScratch();

    /**
     * @param linear products of float32 weights, spread over the pool, in the device's precision
     * @param leaf float32 products on one thread
     * @param projection forward products of all other weights
     * @param tiles the matrix engine, where the device's precision is bf16
     */
    FrozenProjection(WorkerPool pool, Gemm linear, Gemm leaf, QuantProjection projection, Optional<AmxLeaf> tiles) {
        this.pool = pool;
        this.linear = linear;
        this.leaf = leaf;
        this.projection = projection;
        this.tiles = tiles;
    }

    /** See {@link Kernels#frozenLinear}. */
    void forward(Tensor y, Tensor x, List<Tensor> weights) {
        int N = x.size(0);
        if (N == 0) {
            return;
        }
        if (!areFloats(weights)) {
            boolean rounds = tiles.isPresent() && N > Kernels.FEW_ROWS;
            projection.forward(y, x, weights, rounds ? Arithmetic.FAST : Arithmetic.EXACT);
            return;
        }
        int I = weights.getFirst().size(1);
        long row = y.elements() / N;
        long to = y.data().address();
        for (Tensor w : weights) {
            int O = w.size(0);
            linear.multiply(
                    false, true, N, O, I, x.data().address(), I, w.data().address(), I, false, to, row);
            to += (long) O * Float.BYTES;
        }
    }

    /** See {@link Kernels#frozenLinearBackwardInput}. */
    void backwardInput(Tensor dx, Tensor dy, List<Tensor> weights) {
        int N = dx.size(0);
        if (N == 0) {
            return;
        }
        long row = dy.elements() / N;
        long from = dy.data().address();
        boolean add = false;
        for (Tensor w : weights) {
            int O = w.size(0);
            int I = w.size(1);
            if (w.dtype() == DType.F32) {
                linear.multiply(
                        false,
                        false,
                        N,
                        I,
                        O,
                        from,
                        row,
                        w.data().address(),
                        I,
                        add,
                        dx.data().address(),
                        I);
            } else {
                for (int o = 0; o < O; o += PANEL_ROWS) {
                    Tensor part = w.rows(o, Math.min(O, o + PANEL_ROWS));
                    addPanels(dx, from + (long) o * Float.BYTES, row, part, add || o > 0);
                }
            }
            add |= O > 0;
            from += (long) O * Float.BYTES;
        }
        if (!add) {
            Native.zero(dx.data().address(), dx.byteSize());
        }
    }

    private static boolean areFloats(List<Tensor> weights) {
        return weights.stream().allMatch(w -> w.dtype() == DType.F32);
    }

    /** dx[N,I] = or += dy[N,O]·w for no more rows of weights than a panel has; {@code row} floats lie between the rows of dy. */
    private void addPanels(Tensor dx, long dy, long row, Tensor w, boolean add) {
        int N = dx.size(0);
        int O = w.size(0);
        int I = w.size(1);
        long gradients = tiles.isPresent() ? pack(tiles.get(), N, O, dy, row) : 0;
        pool.run(Math.ceilDiv(I, PANEL_COLUMNS), piece -> {
            int first = piece * PANEL_COLUMNS;
            int width = Math.min(PANEL_COLUMNS, I - first);
            long panel = widen(w, first, width);
            long to = dx.data().address() + (long) first * Float.BYTES;
            if (tiles.isPresent()) {
                long scratch = packed.reserve(AmxLeaf.packedBytes(PANEL_COLUMNS, PANEL_ROWS));
                tiles.get().multiplyHalfPacked(false, N, width, O, panel, width, false, gradients, scratch, add, to, I);
            } else {
                leaf.multiply(false, false, N, width, O, dy, row, panel, width, add, to, I);
            }
        });
    }

    /** Gradients as a left operand, which all pieces share. */
    private long pack(AmxLeaf engine, int N, int O, long dy, long row) {
        long to = shared.reserve(AmxLeaf.packedBytes(N, PANEL_ROWS));
        pool.run(Math.ceilDiv(N, PACK_ROWS), piece -> {
            int first = piece * PACK_ROWS;
            engine.pack(
                    false,
                    true,
                    Math.min(PACK_ROWS, N - first),
                    O,
                    dy + first * row * Float.BYTES,
                    row,
                    to + AmxLeaf.packedBytes(first, O));
        });
        return to;
    }

    /** Columns of all rows of a part of the weights, in this thread's scratch. */
    private long widen(Tensor w, int first, int width) {
        DType type = w.dtype();
        long rowBytes = type.bytes(w.dim(1));
        long from = w.data().address() + type.bytes(first);
        long panel = panels.reserve((long) PANEL_ROWS * PANEL_COLUMNS * Float.BYTES);
        for (int o = 0; o < w.size(0); o++) {
            VectorConvert.convert(panel + (long) o * width * Float.BYTES, DType.F32, from + o * rowBytes, type, width);
        }
        return panel;
    }
}
