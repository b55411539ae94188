package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Few rows of inputs times stored weights, as in decoding: memory is the limit, and every weight is read once. All weights of a call are one
 * job for the pool. A piece's rows are read as four streams, a quarter of the piece apart, in turns: while one row is multiplied, the processor
 * fetches the next of the other streams ahead. (Read in their order, rows cost the sum of fetching and multiplying; docs/lab-log.md.)
 */
final class FewRowsProjection {
    /** Rows in a piece, where there are enough for all threads. */
    private static final int MOST_ROWS = 256;

    private static final int STREAMS = 4;

    /** Pieces a thread should get at least, so that the last ones end together. */
    private static final int PIECES_A_THREAD = 4;

    private final WorkerPool pool;
    private final Map<DType, BlockDot> dots = new EnumMap<>(DType.class);
    private final ThreadScratch prepared = new ThreadScratch();
    private final ThreadScratch widened = new ThreadScratch();
    private final ThreadScratch lanes = new ThreadScratch();

    FewRowsProjection(WorkerPool pool) {
        this.pool = pool;
        for (DType dtype : DType.values()) {
            BlockDot.of(dtype).ifPresent(dot -> dots.put(dtype, dot));
        }
    }

    /** The inputs of a call: N rows of I floats, and where the results of each go. */
    private record Inputs(long x, int N, int I, long yRow) {
        long xRow() {
            return (long) I * Float.BYTES;
        }
    }

    /** See {@link dev.cria.tensor.Kernels#project}. */
    void forward(Tensor y, Tensor x, List<Tensor> weights) {
        int N = x.size(0);
        int I = x.size(1);
        long outputs = weights.stream().mapToLong(w -> w.dim(0)).sum();
        if (N == 0 || outputs == 0) {
            return;
        }
        Inputs inputs = new Inputs(x.data().address(), N, I, outputs * Float.BYTES);
        long[] sides = prepare(inputs, weights);
        int rows = rowsOfPiece(outputs);
        List<WeightPiece> pieces = WeightPiece.cut(weights, (w, left) -> rows);
        pool.run(pieces.size(), index -> {
            WeightPiece piece = pieces.get(index);
            multiply(inputs, piece, sides[piece.weight()], y.data().address() + piece.column() * Float.BYTES);
        });
    }

    /** A multiple of the streams. The results do not depend on it, so it may depend on the number of threads. */
    private int rowsOfPiece(long outputs) {
        long even = outputs / ((long) pool.threads() * PIECES_A_THREAD) / STREAMS * STREAMS;
        return (int) Math.clamp(even, STREAMS, MOST_ROWS);
    }

    /** Prepares the inputs once for each type among the weights; gives where each weight finds what was prepared for it. */
    private long[] prepare(Inputs inputs, List<Tensor> weights) {
        Map<DType, Long> places = new EnumMap<>(DType.class);
        long bytes = 0;
        for (Tensor w : weights) {
            BlockDot dot = dots.get(w.dtype());
            if (dot != null && places.putIfAbsent(w.dtype(), bytes) == null) {
                bytes += (long) dot.preparedFloats(inputs.I) * Float.BYTES * inputs.N;
            }
        }
        long start = prepared.reserve(Math.max(1, bytes));
        places.forEach((dtype, place) -> {
            BlockDot dot = Objects.requireNonNull(dots.get(dtype));
            for (int n = 0; n < inputs.N; n++) {
                long row = (long) n * dot.preparedFloats(inputs.I) * Float.BYTES;
                dot.prepare(inputs.x + n * inputs.xRow(), inputs.I, start + place + row);
            }
        });
        return weights.stream()
                .mapToLong(w -> start + places.getOrDefault(w.dtype(), 0L))
                .toArray();
    }

    /** A piece of the weights times all inputs: four streams of rows, then those that are left. */
    private void multiply(Inputs inputs, WeightPiece piece, long prepared, long y) {
        BlockDot dot = dots.get(piece.dtype());
        long w = piece.address();
        int quarter = piece.rows() / STREAMS;
        long rowBytes = piece.dtype().bytes(inputs.I);
        for (int r = 0; r < quarter; r++) {
            if (dot != null) {
                pair(dot, inputs, w + r * rowBytes, quarter * rowBytes, prepared, y + r * 4L, quarter * 4L);
                int later = r + 2 * quarter;
                pair(dot, inputs, w + later * rowBytes, quarter * rowBytes, prepared, y + later * 4L, quarter * 4L);
            } else {
                widen(inputs, piece.dtype(), w + r * rowBytes, quarter * rowBytes, y + r * 4L, quarter * 4L);
            }
        }
        for (int r = quarter * STREAMS; r < piece.rows(); r++) {
            if (dot != null) {
                pair(dot, inputs, w + r * rowBytes, 0, prepared, y + r * 4L, 0);
            } else {
                widen(inputs, piece.dtype(), w + r * rowBytes, 0, y + r * 4L, 0);
            }
        }
    }

    /** Two rows of weights times all inputs, four at a time; the same row twice where {@code apart} is 0. */
    private void pair(BlockDot dot, Inputs inputs, long w, long apart, long prepared, long y, long yApart) {
        long preparedRow = (long) dot.preparedFloats(inputs.I) * Float.BYTES;
        long factorBytes = (long) dot.factorFloats(inputs.I) * Float.BYTES;
        long sums = lanes.reserve(4 * Vectors.BYTES + 2 * factorBytes);
        long factors = sums + 4 * Vectors.BYTES;
        dot.unpack(w, apart, inputs.I, factors);
        int n = 0;
        for (; n + 4 <= inputs.N; n += 4) {
            long x = inputs.x + n * inputs.xRow();
            long side = prepared + n * preparedRow;
            long to = y + n * inputs.yRow;
            dot.fourInputs(w, factors, x, inputs.xRow(), side, preparedRow, inputs.I, sums);
            put(sums, 4, to, inputs.yRow);
            dot.fourInputs(w + apart, factors + factorBytes, x, inputs.xRow(), side, preparedRow, inputs.I, sums);
            put(sums, 4, to + yApart, inputs.yRow);
        }
        for (; n < inputs.N; n++) {
            long x = inputs.x + n * inputs.xRow();
            dot.twoRows(w, apart, factors, x, prepared + n * preparedRow, inputs.I, sums);
            put(sums, 2, y + n * inputs.yRow, yApart);
        }
    }

    /** Sums of the lanes of {@code count} vectors to places {@code apart} bytes from each other. */
    private static void put(long sums, int count, long to, long apart) {
        for (int i = 0; i < count; i++) {
            Native.setFloat(to + i * apart, LaneSum.of(Vectors.load(sums + i * Vectors.BYTES)));
        }
    }

    /**
     * Four rows of weights, {@code apart} bytes from each other, times all inputs; widened to float32 in the first cache where they are not. The
     * same row four times where {@code apart} is 0.
     */
    private void widen(Inputs inputs, DType dtype, long w, long apart, long y, long yApart) {
        long floats = w;
        long floatsApart = apart;
        if (dtype != DType.F32) {
            floats = widened.reserve(STREAMS * inputs.xRow());
            floatsApart = apart == 0 ? 0 : inputs.xRow();
            for (int i = 0; i < (apart == 0 ? 1 : STREAMS); i++) {
                VectorConvert.convert(floats + i * floatsApart, DType.F32, w + i * apart, dtype, inputs.I);
            }
        }
        for (int n = 0; n < inputs.N; n++) {
            long x = inputs.x + n * inputs.xRow();
            VectorMatVec.fourRows(inputs.I, x, floats, floatsApart, false, y + n * inputs.yRow, yApart);
        }
    }
}
