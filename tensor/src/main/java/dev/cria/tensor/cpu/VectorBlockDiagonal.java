package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.splat;
import static dev.cria.tensor.cpu.Vectors.store;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Adds products with flat, wide blocks, each of its own columns of inputs. Few rows run along the blocks' rows, as they lie in memory; many are
 * ordinary products.
 */
final class VectorBlockDiagonal {
    /** Columns of a block in a piece. */
    private static final int COLUMNS = 1024;

    private final WorkerPool pool;
    private final Gemm gemm;

    VectorBlockDiagonal(WorkerPool pool, Gemm gemm) {
        this.pool = pool;
        this.gemm = gemm;
    }

    /**
     * Some columns of a block.
     *
     * @param x of the block's inputs in the first row
     * @param w of the columns in the block's first row
     * @param y of their results in the first row
     */
    private record Piece(int rank, int columns, long x, long w, long wRow, long y) {}

    /** See {@link Kernels#addBlockDiagonal}. */
    void forward(Tensor y, Tensor x, List<Tensor> blocks) {
        int N = x.size(0);
        if (N == 0) {
            return;
        }
        long xRow = x.byteSize() / N;
        long yRow = y.byteSize() / N;
        List<Piece> pieces = cut(y, x, blocks, N <= Kernels.FEW_ROWS ? COLUMNS : Integer.MAX_VALUE);
        if (N <= Kernels.FEW_ROWS) {
            pool.run(pieces.size(), index -> {
                Piece piece = pieces.get(index);
                fewRows(N, piece.columns, piece.rank, piece.x, xRow, piece.w, piece.wRow, piece.y, yRow);
            });
            return;
        }
        for (Piece piece : pieces) {
            gemm.multiply(
                    false,
                    false,
                    N,
                    piece.columns,
                    piece.rank,
                    piece.x,
                    xRow / Float.BYTES,
                    piece.w,
                    piece.columns,
                    true,
                    piece.y,
                    yRow / Float.BYTES);
        }
    }

    private static List<Piece> cut(Tensor y, Tensor x, List<Tensor> blocks, int most) {
        List<Piece> pieces = new ArrayList<>();
        long input = x.data().address();
        long output = y.data().address();
        for (Tensor block : blocks) {
            int rank = block.size(0);
            int width = block.size(1);
            for (int first = 0; first < width && rank > 0; ) {
                int columns = Math.min(most, width - first);
                long offset = (long) first * Float.BYTES;
                long w = block.data().address() + offset;
                pieces.add(new Piece(rank, columns, input, w, (long) width * Float.BYTES, output + offset));
                first += columns;
            }
            input += (long) rank * Float.BYTES;
            output += (long) width * Float.BYTES;
        }
        return pieces;
    }

    /** y[m, n] += x[m, k] · w[k, n]; rows are so many bytes apart. A row's sums do not depend on the other rows. */
    private static void fewRows(int m, int n, int k, long x, long xRow, long w, long wRow, long y, long yRow) {
        long column = 0;
        for (; column + 4L * LANES <= n; column += 4L * LANES) {
            for (int i = 0; i < m; i++) {
                fourVectors(k, x + i * xRow, w + column * Float.BYTES, wRow, y + i * yRow + column * Float.BYTES);
            }
        }
        for (; column < n; column += LANES) {
            var inside = Vectors.first(n - column);
            for (int i = 0; i < m; i++) {
                long to = y + i * yRow + column * Float.BYTES;
                long from = w + column * Float.BYTES;
                FloatVector sum = load(to, inside);
                for (int r = 0; r < k; r++) {
                    sum = splat(Native.getFloat(x + i * xRow, r)).fma(load(from + r * wRow, inside), sum);
                }
                store(sum, to, inside);
            }
        }
    }

    private static void fourVectors(int k, long x, long w, long wRow, long y) {
        FloatVector s0 = load(y);
        FloatVector s1 = load(y + BYTES);
        FloatVector s2 = load(y + 2 * BYTES);
        FloatVector s3 = load(y + 3 * BYTES);
        for (int r = 0; r < k; r++) {
            FloatVector factor = splat(Native.getFloat(x, r));
            long row = w + r * wRow;
            s0 = factor.fma(load(row), s0);
            s1 = factor.fma(load(row + BYTES), s1);
            s2 = factor.fma(load(row + 2 * BYTES), s2);
            s3 = factor.fma(load(row + 3 * BYTES), s3);
        }
        store(s0, y);
        store(s1, y + BYTES);
        store(s2, y + 2 * BYTES);
        store(s3, y + 3 * BYTES);
    }
}
