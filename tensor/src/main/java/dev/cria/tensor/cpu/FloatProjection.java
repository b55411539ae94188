package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import java.util.List;

/**
 * Inputs times weights of any type in float32: a panel of weights is widened to float32 in the cache, then meets all rows of inputs. The
 * weights are read once, however many rows there are.
 */
final class FloatProjection {
    /** Rows of weights in a panel: enough to make up for what the product does to the inputs first, few enough for all threads. */
    private static final int PANEL_ROWS = 256;

    /** Columns of a panel, whole blocks: a megabyte of float32 with its rows, half of a core's second-level cache. */
    private static final int PANEL_COLUMNS = 1024;

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
        int N = x.size(0);
        if (N <= Kernels.FEW_ROWS) {
            few.forward(y, x, weights);
            return;
        }
        long to = y.data().address();
        int I = x.size(1);
        int yRow = Math.toIntExact(y.elements() / N);
        if (weights.stream().allMatch(w -> w.dtype() == DType.F32)) {
            long column = to;
            for (Tensor w : weights) {
                int O = w.size(0);
                float32.multiply(
                        false, true, N, O, I, x.data().address(), I, w.data().address(), I, false, column, yRow);
                column += (long) O * Float.BYTES;
            }
            return;
        }
        List<WeightPiece> pieces = WeightPiece.cut(weights, (w, left) -> PANEL_ROWS);
        pool.run(pieces.size(), index -> {
            WeightPiece piece = pieces.get(index);
            panels(N, I, x.data().address(), piece, to + piece.column() * Float.BYTES, yRow);
        });
    }

    /** A piece of the weights times all inputs, in panels of {@link #PANEL_COLUMNS}. */
    private void panels(int N, int I, long x, WeightPiece piece, long y, int yRow) {
        int rows = piece.rows();
        DType dtype = piece.dtype();
        int columns = Math.min(I, PANEL_COLUMNS);
        long panel = panels.reserve((long) rows * columns * Float.BYTES);
        for (int i = 0; i < I; i += columns) {
            int width = Math.min(columns, I - i);
            for (int o = 0; o < rows; o++) {
                long from = piece.address() + o * dtype.bytes(I) + dtype.bytes(i);
                VectorConvert.convert(panel + (long) o * width * Float.BYTES, DType.F32, from, dtype, width);
            }
            leaf.multiply(false, true, N, rows, width, x + i * 4L, I, panel, width, i > 0, y, yRow);
        }
    }
}
