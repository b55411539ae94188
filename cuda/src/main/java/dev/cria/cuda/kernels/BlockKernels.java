package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.util.List;

/** Blocks of matrices: {@code blocks.cu}. */
final class BlockKernels {
    private static final int THREADS = 128;

    /** The most blocks along y. */
    private static final int MOST_ROWS = 65_535;

    /** Rows of y that a block has at once: TILE of the source. */
    private static final int TILE = 16;

    private final Cuda cuda;

    BlockKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    /** See {@link dev.cria.tensor.Kernels#putBlock}. */
    void put(Tensor matrix, long row, long column, Tensor block, float factor) {
        cuda.modules()
                .of("blocks", DType.F32)
                .kernel("put_block")
                .call()
                .pointer(at(matrix, row * matrix.dim(1) + column))
                .int32(matrix.dim(1))
                .tensor(block)
                .int32(block.dim(0))
                .int32(block.dim(1))
                .float32(factor)
                .launch(Math.ceilDiv(block.dim(1), THREADS), rows(block), 1, THREADS, 0);
    }

    /** See {@link dev.cria.tensor.Kernels#addBlock}. */
    void add(Tensor block, Tensor matrix, long row, long column, float factor) {
        cuda.modules()
                .of("blocks", DType.F32)
                .kernel("add_block")
                .call()
                .tensor(block)
                .pointer(at(matrix, row * matrix.dim(1) + column))
                .int32(matrix.dim(1))
                .int32(block.dim(0))
                .int32(block.dim(1))
                .float32(factor)
                .launch(Math.ceilDiv(block.dim(1), THREADS), rows(block), 1, THREADS, 0);
    }

    /** See {@link dev.cria.tensor.Kernels#addBlockDiagonal}. */
    void addDiagonal(Tensor y, Tensor x, List<Tensor> blocks) {
        int N = x.size(0);
        long inputs = Launches.columns(x);
        long outputs = Launches.columns(y);
        long input = 0;
        long output = 0;
        for (Tensor block : blocks) {
            long R = block.dim(0);
            long O = block.dim(1);
            // So many rows a launch as there are blocks along y.
            for (int first = 0; R > 0 && first < N; first += MOST_ROWS * TILE) {
                int rows = Math.min(N - first, MOST_ROWS * TILE);
                cuda.modules()
                        .of("blocks", y.dtype())
                        .kernel("add_product")
                        .call()
                        .pointer(at(y, first * outputs + output))
                        .int32(outputs)
                        .pointer(at(x, first * inputs + input))
                        .int32(inputs)
                        .tensor(block)
                        .int32(rows)
                        .int32(R)
                        .int32(O)
                        .launch(Math.ceilDiv(O, THREADS), Math.ceilDiv(rows, TILE), 1, THREADS, 0);
            }
            input += R;
            output += O;
        }
    }

    private static int rows(Tensor block) {
        return (int) Math.min(block.dim(0), MOST_ROWS);
    }

    private static long at(Tensor tensor, long element) {
        return tensor.data().address() + tensor.dtype().bytes(element);
    }
}
