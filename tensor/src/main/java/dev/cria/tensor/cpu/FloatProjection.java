package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import java.util.List;

/**
 * Inputs times weights of any type in float32: a panel of weight rows is widened to float32 in the cache, then meets all rows of inputs. The
 * weights are read once, however many rows there are.
 */
final class FloatProjection {
    /** Weights in a panel: 256 KB of float32, which stay in a core's second-level cache. */
    private static final int PANEL_WEIGHTS = 1 << 16;

    /** Rows of weights, at least, in a panel that a matrix product takes. */
    private static final int LEAST_ROWS = 48;

    private final WorkerPool pool;
    private final Gemm float32;
    private final Gemm leaf;
    private final FewRowsProjection few;
    private final ThreadScratch panels = new ThreadScratch();

    /**
     * @param float32 products of weights that need no widening, spread over the pool
     * @param leaf products on one thread
     */
    FloatProjection(WorkerPool pool, Gemm float32, Gemm leaf) {
        this.pool = pool;
        this.float32 = float32;
        this.leaf = leaf;
        this.few = new FewRowsProjection(pool);
    }

    /** See {@link Kernels#project}. */
    void forward(Tensor y, Tensor x, List<Tensor> weights) {
        if (x.size(0) <= Kernels.FEW_ROWS) {
            few.forward(y, x, weights);
            return;
        }
        long to = y.data().address();
        int total = Math.toIntExact(y.elements() / Math.max(1, y.dim(0)));
        for (Tensor w : weights) {
            forward(to, total, x, w);
            to += w.dim(0) * Float.BYTES;
        }
    }

    private void forward(long y, int yRow, Tensor x, Tensor w) {
        int N = x.size(0);
        int O = w.size(0);
        int I = w.size(1);
        long from = x.data().address();
        long weights = w.data().address();
        if (w.dtype() == DType.F32) {
            float32.multiply(false, true, N, O, I, from, I, weights, I, false, y, yRow);
            return;
        }
        int rows = Math.max(LEAST_ROWS, PANEL_WEIGHTS / Math.max(1, I));
        long rowBytes = w.dtype().bytes(I);
        pool.run(Math.ceilDiv(O, rows), piece -> {
            int first = piece * rows;
            int count = Math.min(rows, O - first);
            long panel = panels.reserve((long) count * I * Float.BYTES);
            VectorConvert.convert(panel, DType.F32, weights + first * rowBytes, w.dtype(), (long) count * I);
            long to = y + (long) first * Float.BYTES;
            leaf.multiply(false, true, N, count, I, from, I, panel, I, false, to, yRow);
        });
    }
}
