package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.util.List;

/** The rows of several weight matrices that stand side by side in a product, cut into pieces of at most so many rows of one matrix. */
final class WeightPieces {
    private final List<Tensor> weights;
    private final int rows;
    private final int I;
    private final int pieces;

    /** @param weights [O,I] each */
    WeightPieces(List<Tensor> weights, int rows) {
        this.weights = weights;
        this.rows = rows;
        this.I = weights.getFirst().size(1);
        this.pieces = weights.stream().mapToInt(this::pieces).sum();
    }

    /** How many pieces there are. */
    int count() {
        return pieces;
    }

    private int pieces(Tensor w) {
        return Math.ceilDiv(w.size(0), rows);
    }

    /**
     * Some rows of one matrix.
     *
     * @param matrix which of the matrices
     * @param address where the first row lies
     * @param rows how many there are
     * @param column the first row's column in the product
     */
    record Piece(int matrix, DType dtype, long address, int rows, long column) {}

    Piece get(int index) {
        int matrix = 0;
        long column = 0;
        while (index >= pieces(weights.get(matrix))) {
            index -= pieces(weights.get(matrix));
            column += weights.get(matrix).dim(0);
            matrix++;
        }
        Tensor w = weights.get(matrix);
        int first = index * rows;
        long address = w.data().address() + first * w.dtype().bytes(I);
        return new Piece(matrix, w.dtype(), address, Math.min(rows, w.size(0) - first), column + first);
    }
}
