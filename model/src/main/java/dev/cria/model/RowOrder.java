package dev.cria.model;

import dev.cria.tensor.RopeOrder;
import java.util.function.IntUnaryOperator;

/**
 * How rows of a matrix are reordered: within each group of so many rows, row r of the result is a row of the original.
 *
 * @param group rows that are reordered among themselves; 1 where they stay as they are
 * @param origin row of the original, for a row of the result
 */
public record RowOrder(int group, IntUnaryOperator origin) {
    /** Every row where it was. */
    public static final RowOrder KEPT = new RowOrder(1, row -> row);

    /** The rows of query and key projections, whose heads are {@code headDim} rows each, from one order to another. */
    public static RowOrder between(RopeOrder from, RopeOrder to, int headDim) {
        int half = headDim / 2;
        if (from == to) {
            return KEPT;
        }
        return to == RopeOrder.PAIRS
                ? new RowOrder(headDim, row -> row % 2 * half + row / 2)
                : new RowOrder(headDim, row -> row % half * 2 + row / half);
    }

    /** Whether any row may change its place. */
    public boolean moves() {
        return group > 1;
    }

    /** The row of the original that becomes a row of the result. */
    public long originOf(long row) {
        int inGroup = (int) (row % group);
        return row - inGroup + origin.applyAsInt(inGroup);
    }
}
