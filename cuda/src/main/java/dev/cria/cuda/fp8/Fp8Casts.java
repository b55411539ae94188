package dev.cria.cuda.fp8;

import dev.cria.cuda.gemm.MatrixType;
import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.CudaKernel;
import dev.cria.cuda.launch.KernelModule;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;

/** Starts the kernels of {@code fp8.cu}. Matrices are BF16, their rows and columns multiples of 16, their addresses multiples of 16 bytes. */
final class Fp8Casts {
    private static final int THREADS = 256;
    private static final int SCALE_THREADS = 1024;
    private static final int TILE_ROWS = 128;
    private static final int TILE_COLUMNS = 64;
    /** The most tiles that fit a grid. */
    static final long MOST_ROWS = 65_535L * TILE_ROWS;

    /** bf16 numbers that a thread reads at once. */
    private static final int VECTOR = 8;
    /** Vectors that a thread looks at, at least, so that few blocks are left to be compared. */
    private static final int VECTORS_A_THREAD = 16;

    private static final int MOST_BLOCKS = 2048;

    private final Cuda cuda;
    private final CudaKernel largest;
    private final CudaKernel chooseScale;
    private final CudaKernel rows;
    private final CudaKernel columns;
    private final CudaKernel both;
    private final CudaKernel bothOfGradient;

    Fp8Casts(Cuda cuda) {
        this.cuda = cuda;
        KernelModule module = cuda.modules().of("fp8", DType.BF16);
        this.largest = module.kernel("largest_magnitude");
        this.chooseScale = module.kernel("choose_scale");
        this.rows = module.kernel("cast_rows_e4m3");
        this.columns = module.kernel("cast_columns_e4m3");
        this.both = module.kernel("cast_both_e4m3");
        this.bothOfGradient = module.kernel("cast_both_e5m2");
    }

    /** Reads the matrix once, from its end to its start, and writes its scale and the inverse. */
    void scale(KnownMatrix to, Tensor matrix) {
        long vectors = matrix.elements() / VECTOR;
        int blocks = (int) Math.min(MOST_BLOCKS, Math.ceilDiv(vectors, (long) THREADS * VECTORS_A_THREAD));
        long partial = cuda.scratch("largest magnitudes", (long) blocks * Integer.BYTES)
                .address();
        largest.call().pointer(partial).tensor(matrix).int64(vectors).launch(blocks, 1, 1, THREADS, 0);
        scale(to, partial, blocks);
    }

    /**
     * Writes a matrix's scale and the inverse.
     *
     * @param partial address of the largest magnitudes of so many blocks, as {@code magnitude.cuh} leaves them
     */
    void scale(KnownMatrix to, long partial, int blocks) {
        chooseScale
                .call()
                .pointer(to.scale())
                .pointer(partial)
                .int32(blocks)
                .int32(to.format() == MatrixType.E4M3 ? 0 : 1)
                .launch(1, 1, 1, SCALE_THREADS, 0);
    }

    /**
     * out[N,I] = the matrix in E4M3.
     *
     * @param fromEnd whether the matrix's end is likelier than its start to be in the second-level cache: where {@link #scale} did not just read it
     */
    void rows(long out, Tensor matrix, KnownMatrix known, boolean fromEnd) {
        long vectors = matrix.elements() / (2 * VECTOR);
        rows.call()
                .pointer(out)
                .tensor(matrix)
                .pointer(known.scale())
                .int64(vectors)
                .int32(fromEnd ? 1 : 0)
                .launch(Math.toIntExact(Math.ceilDiv(vectors, (long) THREADS)), 1, 1, THREADS, 0);
    }

    /** out[I,N] = the transposed matrix in E4M3. */
    void columns(long out, Tensor matrix, KnownMatrix known, boolean fromEnd) {
        int width = width(matrix);
        columns.call()
                .pointer(out)
                .tensor(matrix)
                .pointer(known.scale())
                .int32(Math.toIntExact(matrix.dim(0)))
                .int32(width)
                .int32(fromEnd ? 1 : 0)
                .launch(tiles(width, TILE_COLUMNS), tiles(matrix.dim(0), TILE_ROWS), 1, THREADS, 0);
    }

    /** Both from one reading. */
    void both(long byRows, long byColumns, Tensor matrix, KnownMatrix known, boolean fromEnd) {
        int width = width(matrix);
        (known.format() == MatrixType.E4M3 ? both : bothOfGradient)
                .call()
                .pointer(byRows)
                .pointer(byColumns)
                .tensor(matrix)
                .pointer(known.scale())
                .int32(Math.toIntExact(matrix.dim(0)))
                .int32(width)
                .int32(fromEnd ? 1 : 0)
                .launch(tiles(width, TILE_COLUMNS), tiles(matrix.dim(0), TILE_ROWS), 1, THREADS, 0);
    }

    private static int tiles(long length, int tile) {
        return Math.toIntExact(Math.ceilDiv(length, (long) tile));
    }

    private static int width(Tensor matrix) {
        return Math.toIntExact(matrix.elements() / matrix.dim(0));
    }
}
