package dev.cria.tensor.cpu;

import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.DType;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Inputs times weights where they lie, by the leaf kernels: few rows of inputs are quantised to 8 bits and meet each weight once; many rows
 * meet panels of weights on the matrix engine. What the leaves do not know, and what must be exact, is left to {@link FloatProjection}.
 */
final class QuantProjection {
    /** Bytes of weights in a piece of few rows at least: some 2 µs of memory bandwidth. */
    private static final long LEAST_BYTES = 1 << 15;

    /** What a thread's next piece is of its share of what is left. */
    private static final double PIECE_OF_SHARE = 0.9;

    /** Rows of weights in a panel. */
    private static final int PANEL_ROWS = 128;

    /** Bytes of a panel in bf16 at most: it stays in the second-level cache beside the inputs that pass. */
    private static final int PANEL_BYTES = 1 << 20;

    /** Rows of inputs that are packed at a time. */
    private static final int PACK_ROWS = 32;

    private final WorkerPool pool;
    private final Optional<QuantLeaf> bytes;
    private final Optional<AmxLeaf> tiles;
    private final FloatProjection exact;
    private final ThreadScratch inputs = new ThreadScratch();
    private final ThreadScratch panels = new ThreadScratch();

    /**
     * @param bytes the leaves for few rows, where the machine executes them
     * @param tiles the matrix engine, likewise
     * @param exact does the rest
     */
    QuantProjection(WorkerPool pool, Optional<QuantLeaf> bytes, Optional<AmxLeaf> tiles, FloatProjection exact) {
        this.pool = pool;
        this.bytes = bytes;
        this.tiles = tiles;
        this.exact = exact;
    }

    /** See {@link Kernels#project}. */
    void forward(Tensor y, Tensor x, List<Tensor> weights, Arithmetic arithmetic) {
        int N = x.size(0);
        if (N == 0) {
            return;
        }
        boolean few = N <= Kernels.FEW_ROWS;
        boolean direct = true;
        for (Tensor w : weights) {
            direct &= QuantLeaf.knows(w.dtype())
                    && (arithmetic == Arithmetic.FAST || few && !w.dtype().isQuantised());
        }
        if (bytes.isEmpty() || !direct || !few && tiles.isEmpty()) {
            exact.forward(y, x, weights);
        } else if (few) {
            multiplyFew(bytes.get(), y, x, weights);
        } else {
            multiplyMany(bytes.get(), tiles.get(), y, x, weights);
        }
    }

    private void multiplyFew(QuantLeaf leaf, Tensor y, Tensor x, List<Tensor> weights) {
        int N = x.size(0);
        int I = weights.getFirst().size(1);
        long from = x.data().address();
        long to = y.data().address();
        long total = y.elements() / N;
        long[] inputRow = new long[weights.size()];
        long[] input = new long[weights.size()];
        long bytesNeeded = 0;
        for (int i = 0; i < weights.size(); i++) {
            DType type = weights.get(i).dtype();
            inputRow[i] = type.isQuantised() ? leaf.rowBytes(type, I) : (long) I * Float.BYTES;
            bytesNeeded += N * inputRow[i];
        }
        long free = inputs.reserve(bytesNeeded);
        for (int i = 0; i < weights.size(); i++) {
            DType type = weights.get(i).dtype();
            if (i > 0 && type == weights.get(i - 1).dtype()) {
                input[i] = input[i - 1];
            } else if (type.isQuantised()) {
                leaf.quantiseRows(type, N, I, from, I, free);
                input[i] = free;
                free += N * inputRow[i];
            } else {
                input[i] = from;
            }
        }
        // Each piece begins with a wait for memory, so most of the work is one piece a thread; short ones let all
        // finish together.
        List<WeightPiece> pieces = WeightPiece.cut(weights, (w, left) -> {
            double bytes = Math.max(LEAST_BYTES, PIECE_OF_SHARE * left / pool.threads());
            return (long) bytes / w.dtype().bytes(I);
        });
        pool.run(pieces.size(), index -> {
            WeightPiece piece = pieces.get(index);
            DType type = piece.dtype();
            leaf.multiplyRows(
                    type,
                    piece.rows(),
                    I,
                    piece.address(),
                    type.bytes(I),
                    N,
                    input[piece.weight()],
                    inputRow[piece.weight()],
                    to + piece.column() * Float.BYTES,
                    total);
        });
    }

    private void multiplyMany(QuantLeaf leaf, AmxLeaf engine, Tensor y, Tensor x, List<Tensor> weights) {
        int N = x.size(0);
        int I = weights.getFirst().size(1);
        long from = x.data().address();
        long to = y.data().address();
        long total = y.elements() / N;
        long packed = inputs.reserve(AmxLeaf.packedBytes(N, I));
        pool.run(Math.ceilDiv(N, PACK_ROWS), piece -> {
            int first = piece * PACK_ROWS;
            engine.pack(
                    false,
                    true,
                    Math.min(PACK_ROWS, N - first),
                    I,
                    from + (long) first * I * Float.BYTES,
                    I,
                    packed + AmxLeaf.packedBytes(first, I));
        });
        int rows = Math.clamp(PANEL_BYTES / (2L * I) / 32 * 32, 32, PANEL_ROWS);
        long scratchBytes = AmxLeaf.packedBytes(rows, I);
        List<WeightPiece> pieces = WeightPiece.cut(weights, (w, left) -> rows);
        pool.run(pieces.size(), index -> {
            WeightPiece piece = pieces.get(index);
            DType type = piece.dtype();
            leaf.multiplyPanel(
                    type,
                    N,
                    piece.rows(),
                    I,
                    packed,
                    piece.address(),
                    type.bytes(I),
                    panels.reserve(scratchBytes),
                    to + piece.column() * Float.BYTES,
                    total);
        });
    }
}
