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
 * ones by {@code matvec.cu}, those in blocks by {@code stored.cu}. A row has the same bits however many rows come together.
 */
final class FewRowsKernels {
    /** Weights that one launch takes. */
    private static final int WEIGHTS = 3;

    private static final int THREADS = 128;
    private static final int WARPS = THREADS / Launches.WARP;

    /** STAGES · STAGE_BYTES of {@code stored.cu}, for each warp. */
    private static final int SHARED_BYTES = WARPS * 3 * (2048 / 32 * 34 + 32);

    /** Blocks of such shared memory and registers that a multiprocessor runs at once. */
    private static final int BLOCKS_AT_ONCE = 8;

    /** Inputs that share a scale. */
    private static final int INPUT_BLOCK = 32;

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
            KernelCall call = cuda.modules()
                    .of("matvec", DType.F32)
                    .kernel(!wide ? "few_rows_any" : x.dim(0) == 1 ? "few_rows_1" : "few_rows_16")
                    .call()
                    .pointer(output(column))
                    .int32(yRow)
                    .tensor(x)
                    .int32(x.dim(0))
                    .int32(I);
            for (int i = 0; i < WEIGHTS; i++) {
                if (i < weights.size()) {
                    Tensor w = weights.get(i);
                    call.tensor(w).int32(Formats.plain(w.dtype())).int32(w.dim(0));
                } else {
                    call.pointer(0).int32(0).int32(0);
                }
            }
            call.launch(Math.ceilDiv(outputs, WARPS), THREADS);
        }

        private void multiplyBlocks(List<Tensor> weights, long column, long outputs) {
            String rows = x.dim(0) == 1 ? "_1" : "_16";
            KernelCall call;
            if (fast) {
                long bytes = x.elements();
                Scratch q = cuda.scratch("inputs in 8 bits", bytes + DType.F32.bytes(bytes / INPUT_BLOCK));
                roundInputs(q, bytes);
                call = cuda.modules()
                        .of("stored", DType.F32)
                        .kernel("few_rows_fast" + rows)
                        .call()
                        .pointer(output(column))
                        .int32(yRow)
                        .scratch(q)
                        .pointer(q.address() + bytes);
            } else {
                call = cuda.modules()
                        .of("stored", DType.F32)
                        .kernel("few_rows_exact" + rows)
                        .call()
                        .pointer(output(column))
                        .int32(yRow)
                        .pointer(alignedInputs());
            }
            call.int32(x.dim(0)).int32(I);
            for (int i = 0; i < WEIGHTS; i++) {
                if (i < weights.size()) {
                    Tensor w = weights.get(i);
                    call.tensor(w).int32(Formats.quantised(w.dtype())).int32(w.dim(0));
                } else {
                    call.pointer(0).int32(0).int32(0);
                }
            }
            long blocks = Math.min(Math.ceilDiv(outputs, WARPS), (long) cuda.multiprocessors() * BLOCKS_AT_ONCE);
            call.launch(blocks, 1, 1, THREADS, SHARED_BYTES);
        }

        private void roundInputs(Scratch q, long bytes) {
            if (rounded) {
                return;
            }
            rounded = true;
            long blocks = bytes / INPUT_BLOCK;
            cuda.modules()
                    .of("stored", DType.F32)
                    .kernel("quantise_inputs")
                    .call()
                    .scratch(q)
                    .pointer(q.address() + bytes)
                    .tensor(x)
                    .int64(blocks)
                    .launch(Math.ceilDiv(blocks * Launches.WARP, Launches.THREADS), Launches.THREADS);
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
