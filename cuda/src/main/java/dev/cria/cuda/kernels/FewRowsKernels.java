package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.KernelCall;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link dev.cria.tensor.Kernels#project} for up to {@link dev.cria.tensor.Kernels#FEW_ROWS} rows, with weights read once, where they lie: floating-point
 * ones by {@code matvec.cu}, those in blocks by {@code matvec_blocks.cu}. A row has the same bits however many rows come together.
 */
final class FewRowsKernels {
    /** Weights that one launch takes. */
    private static final int WEIGHTS = 3;

    private static final int THREADS = 128;
    private static final int WARPS = THREADS / Launches.WARP;

    /** Outputs that a warp of {@code few_rows_16} has at once, so that inputs are loaded once for all of them. */
    private static final int OUTPUTS = 4;

    /** STAGES · STAGE_BYTES of {@code matvec_blocks.cu}, for each warp. */
    private static final int STAGE_BYTES = WARPS * 3 * (2048 / 32 * 34 + 32);

    /** Blocks that a multiprocessor's registers suffice for: the launch bounds of the kernels for one row and for several. */
    private static final int BLOCKS_OF_ONE = 6;

    private static final int BLOCKS_OF_SEVERAL = 4;

    /** Shared memory that a block takes beyond its own. */
    private static final int RESERVED_BYTES = 1024;

    /** Inputs that share a scale, and how many of them a thread rounds. */
    private static final int INPUT_BLOCK = 32;

    private static final int ROUNDED = 4;

    private final Cuda cuda;

    FewRowsKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    void project(Tensor y, Tensor x, List<Tensor> weights, Arithmetic arithmetic) {
        long I = Launches.columns(x);
        if (y.elements() == 0 || I == 0) {
            cuda.zero(y.data().address(), y.byteSize());
            return;
        }
        Inputs inputs = new Inputs(y, x, Launches.columns(y), I, arithmetic == Arithmetic.FAST);
        List<Tensor> together = new ArrayList<>(WEIGHTS);
        long column = 0;
        long outputs = 0;
        for (Tensor w : weights) {
            if (w.dim(0) == 0) {
                continue;
            }
            boolean full = together.size() == WEIGHTS;
            if (full
                    || !together.isEmpty()
                            && together.getFirst().dtype().isQuantised()
                                    != w.dtype().isQuantised()) {
                inputs.multiply(together, column, outputs);
                column += outputs;
                outputs = 0;
                together.clear();
            }
            together.add(w);
            outputs += w.dim(0);
        }
        inputs.multiply(together, column, outputs);
    }

    /** One call's inputs and outputs, and what has been made of them so far. */
    private final class Inputs {
        private final Tensor y;
        private final Tensor x;
        private final long yRow;
        private final long I;
        private final boolean fast;
        private boolean rounded;

        Inputs(Tensor y, Tensor x, long yRow, long I, boolean fast) {
            this.y = y;
            this.x = x;
            this.yRow = yRow;
            this.I = I;
            this.fast = fast;
        }

        /** Some weights one after another, all in blocks or none; their outputs begin at a column of y. */
        void multiply(List<Tensor> weights, long column, long outputs) {
            if (weights.isEmpty()) {
                return;
            }
            if (weights.getFirst().dtype().isQuantised()) {
                multiplyBlocks(weights, column, outputs);
            } else {
                multiplyNumbers(weights, column, outputs);
            }
        }

        private void multiplyNumbers(List<Tensor> weights, long column, long outputs) {
            boolean wide = Launches.aligned(x);
            for (Tensor w : weights) {
                wide &= Launches.aligned(w) && I % Launches.width(w.dtype()) == 0;
            }
            boolean several = wide && x.dim(0) > 1;
            KernelCall call = cuda.modules()
                    .of("matvec", DType.F32)
                    .kernel(!wide ? "few_rows_any" : several ? "few_rows_16" : "few_rows_1")
                    .call()
                    .pointer(output(column))
                    .int32(yRow)
                    .tensor(x);
            add(call, weights);
            long warps = 0;
            for (Tensor w : weights) {
                warps += Math.ceilDiv(w.dim(0), several ? OUTPUTS : 1);
            }
            call.launch(Math.ceilDiv(warps, WARPS), THREADS);
        }

        private void multiplyBlocks(List<Tensor> weights, long column, long outputs) {
            boolean one = x.dim(0) == 1;
            long roundedBytes = I + DType.F32.bytes(I / INPUT_BLOCK);
            if (!fast) {
                KernelCall call = call(one ? "few_rows_exact_1" : "few_rows_exact_16", column)
                        .pointer(alignedInputs());
                add(call, weights);
                launch(call, outputs, STAGE_BYTES);
            } else if (one && STAGE_BYTES + roundedBytes <= cuda.card().sharedBytesPerBlock()) {
                KernelCall call = call("few_rows_fast_1", column).pointer(alignedInputs());
                add(call, weights);
                launch(call, outputs, STAGE_BYTES + (int) roundedBytes);
            } else {
                Scratch q = roundedInputs();
                KernelCall call = call("few_rows_fast_16", column).scratch(q).pointer(q.address() + x.elements());
                add(call, weights);
                launch(call, outputs, STAGE_BYTES);
            }
        }

        private KernelCall call(String kernel, long column) {
            return cuda.modules()
                    .of("matvec_blocks", DType.F32)
                    .kernel(kernel)
                    .call()
                    .pointer(output(column))
                    .int32(yRow);
        }

        /** The sizes of x, and the weights: as many as a launch takes, of which the last may have no rows. */
        private void add(KernelCall call, List<Tensor> weights) {
            call.int32(x.dim(0)).int32(I);
            for (int i = 0; i < WEIGHTS; i++) {
                if (i < weights.size()) {
                    Tensor w = weights.get(i);
                    int type = w.dtype().isQuantised() ? Formats.quantised(w) : Formats.plain(w.dtype());
                    call.tensor(w).int32(type).int32(w.dim(0));
                } else {
                    call.pointer(0).int32(0).int32(0);
                }
            }
        }

        /** As many blocks as run at once, or fewer of which all warps have as many rows. */
        private void launch(KernelCall call, long outputs, int sharedBytes) {
            int blocks = Math.clamp(
                    (cuda.card().sharedBytesPerBlock() + RESERVED_BYTES) / (sharedBytes + RESERVED_BYTES),
                    1,
                    x.dim(0) == 1 ? BLOCKS_OF_ONE : BLOCKS_OF_SEVERAL);
            long rows = Math.ceilDiv(outputs, (long) cuda.multiprocessors() * blocks * WARPS);
            call.launch(Math.ceilDiv(outputs, rows * WARPS), 1, 1, THREADS, sharedBytes);
        }

        /** x in 8 bits, and behind them the scales. */
        private Scratch roundedInputs() {
            long count = x.elements();
            Scratch q = cuda.scratch("inputs in 8 bits", count + DType.F32.bytes(count / INPUT_BLOCK));
            if (!rounded) {
                rounded = true;
                cuda.modules()
                        .of("matvec_blocks", DType.F32)
                        .kernel("round_inputs")
                        .call()
                        .scratch(q)
                        .pointer(q.address() + count)
                        .pointer(alignedInputs())
                        .int64(count)
                        .launch(Math.ceilDiv(count, ROUNDED * Launches.THREADS), Launches.THREADS);
            }
            return q;
        }

        /** x itself, or a copy where vectors cannot be loaded from it. */
        private long alignedInputs() {
            if (Launches.aligned(x)) {
                return x.data().address();
            }
            Scratch copy = cuda.scratch("inputs in line", x.byteSize());
            cuda.copy(copy.address(), x.data().address(), x.byteSize());
            return copy.address();
        }

        private long output(long column) {
            return y.data().address() + DType.F32.bytes(column);
        }
    }
}
