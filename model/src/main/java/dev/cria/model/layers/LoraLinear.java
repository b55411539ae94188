package dev.cria.model.layers;

import dev.cria.tensor.CounterBits;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * A layer with low-rank adapters (arXiv 2106.09685): y = base(x) + dropout(x)·Aᵀ·Bᵀ. Where the layer is several merged ones, their first
 * matrices are stacked in A, [R, I], and their second ones, scaled, are the blocks of a B, [O, R], that is zero elsewhere: one pair of products
 * serves all. That B is put together for each pass; only its blocks have gradients. One mask drops the inputs of all of them. A·x is computed
 * again in the backward pass.
 */
public final class LoraLinear implements Linear {
    private final Kernels kernels;
    private final Linear base;
    private final Tensor down;
    private final Tensor downGradient;
    private final List<LoraUp> ups;
    private final long outputs;
    private final LoraPass pass;
    private final LoraScratch scratch;
    private final long place;

    /**
     * @param down A, [R, I], of the activations' type
     * @param downGradient [R, I], added to
     * @param ups the blocks of B, whose gradients are added to
     * @param outputs O
     * @param place tells this layer's dropout from that of others
     */
    public LoraLinear(
            Kernels kernels,
            Linear base,
            Tensor down,
            Tensor downGradient,
            List<LoraUp> ups,
            long outputs,
            LoraPass pass,
            LoraScratch scratch,
            long place) {
        this.kernels = kernels;
        this.base = base;
        this.down = down;
        this.downGradient = downGradient;
        this.ups = List.copyOf(ups);
        this.outputs = outputs;
        this.pass = pass;
        this.scratch = scratch;
        this.place = place;
    }

    /** A range of tokens. */
    @FunctionalInterface
    private interface Rows {
        void run(long from, long to);
    }

    @Override
    public void forward(Tensor y, Tensor x) {
        base.forward(y, x);
        if (!pass.isOn()) {
            return;
        }
        Tensor up = up();
        chunks(x.dim(0), (from, to) -> {
            Tensor narrow = scratch.narrow(to - from, down.dim(0));
            kernels.linear(narrow, input(x, from, to), down, false);
            kernels.linear(y.rows(from, to), narrow, up, true);
        });
    }

    @Override
    public void backward(Tensor dX, Tensor dY, Tensor x) {
        if (!pass.isOn()) {
            base.backward(dX, dY, x);
            return;
        }
        long N = x.dim(0);
        long R = down.dim(0);
        Tensor up = up();
        Tensor dUp = scratch.dUp(outputs, R);
        Tensor dNarrow = scratch.dNarrow(N, R);
        chunks(N, (from, to) -> {
            Tensor narrow = scratch.narrow(to - from, R);
            Tensor input = input(x, from, to);
            kernels.linear(narrow, input, down, false);
            kernels.linearBackwardWeight(dUp, dY.rows(from, to), narrow, from > 0);
            kernels.linearBackwardInput(dNarrow.rows(from, to), dY.rows(from, to), up, false);
            kernels.linearBackwardWeight(downGradient, dNarrow.rows(from, to), input, true);
        });
        for (LoraUp block : ups) {
            kernels.addBlock(
                    block.gradient(), rowsOf(dUp, block.together()), block.row(), block.column(), block.scaling());
        }
        base.backward(dX, dY, x);
        chunks(N, (from, to) -> {
            if (pass.drops()) {
                Tensor dInput = scratch.wide(to - from, down.dim(1));
                kernels.linearBackwardInput(dInput, dNarrow.rows(from, to), down, false);
                kernels.dropout(dX.rows(from, to), dInput, pass.dropout(), stream(from), true);
            } else {
                kernels.linearBackwardInput(dX.rows(from, to), dNarrow.rows(from, to), down, true);
            }
        });
    }

    /** B with its blocks scaled, in the scratch, of the activations' type. */
    private Tensor up() {
        Tensor up = scratch.up(outputs, down.dim(0));
        kernels.fill(up, 0);
        for (LoraUp block : ups) {
            kernels.putBlock(rowsOf(up, block.together()), block.row(), block.column(), block.rows(), block.scaling());
        }
        Optional<Tensor> rounded = scratch.rounded(outputs, down.dim(0));
        rounded.ifPresent(to -> kernels.convert(to, up));
        return rounded.orElse(up);
    }

    private static Tensor rowsOf(Tensor matrix, int together) {
        return matrix.reshape(matrix.dim(0) / together, matrix.dim(1) * together);
    }

    /** Rows of the adapter's input: of x, or of x with some of it dropped. */
    private Tensor input(Tensor x, long from, long to) {
        Tensor rows = x.rows(from, to);
        if (!pass.drops()) {
            return rows;
        }
        Tensor dropped = scratch.wide(to - from, down.dim(1));
        kernels.dropout(dropped, rows, pass.dropout(), stream(from), false);
        return dropped;
    }

    /** The mask's bits are a function of the pass, the layer and the token alone. */
    private long stream(long from) {
        return CounterBits.at(CounterBits.at(pass.stream(), place), from);
    }

    private void chunks(long N, Rows rows) {
        long size = pass.drops() ? LoraScratch.DROPPED_ROWS : Math.max(1, N);
        for (long from = 0; from < N; from += size) {
            rows.run(from, Math.min(N, from + size));
        }
    }
}
