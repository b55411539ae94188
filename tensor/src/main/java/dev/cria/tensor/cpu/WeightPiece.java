package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A run of rows of one of several weights that are multiplied in one job.
 *
 * @param weight which of them
 * @param dtype its type
 * @param address of the first row
 * @param rows how many
 * @param column of the first row's results
 */
record WeightPiece(int weight, DType dtype, long address, int rows, long column) {
    /** How large the next piece is to be. */
    @FunctionalInterface
    interface Size {
        /**
         * @param weight the weight that is cut
         * @param left bytes of all weights that are not in pieces yet
         * @return rows
         */
        long rows(Tensor weight, long left);
    }

    /** Cuts weights, whose results lie one after another, into pieces. */
    static List<WeightPiece> cut(List<Tensor> weights, Size size) {
        List<WeightPiece> pieces = new ArrayList<>();
        long column = 0;
        long left = 0;
        for (Tensor w : weights) {
            left += w.byteSize();
        }
        for (int i = 0; i < weights.size(); i++) {
            Tensor w = weights.get(i);
            long rowBytes = w.dtype().bytes(w.dim(1));
            int rows = w.size(0);
            for (int first = 0; first < rows; ) {
                int count = (int) Math.clamp(size.rows(w, left), 1, rows - first);
                pieces.add(new WeightPiece(i, w.dtype(), w.data().address() + first * rowBytes, count, column + first));
                first += count;
                left -= count * rowBytes;
            }
            column += rows;
        }
        return pieces;
    }
}
