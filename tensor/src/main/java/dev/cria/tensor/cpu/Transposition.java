package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.SPECIES;

import jdk.incubator.vector.FloatVector;

/** Turns columns of a matrix into rows, a square of vectors at a time: each cache line is read once, even where rows meet in one set. */
final class Transposition {
    /** Columns that a piece turns. */
    static final int BLOCK = 64;

    private static final int[] COLUMN = column();

    private Transposition() {}

    private static int[] column() {
        int[] index = new int[LANES];
        for (int i = 0; i < LANES; i++) {
            index[i] = i * LANES;
        }
        return index;
    }

    /** Columns {@code column} to {@code column + BLOCK}, of {@code columns}, of from[k, ·] become rows of to[·, k]. */
    static void block(long from, long fromRow, int k, int columns, int column, long to, long toRow) {
        float[] square = new float[LANES * LANES];
        int end = Math.min(columns, column + BLOCK);
        for (int p = 0; p < k; p += LANES) {
            int height = Math.min(LANES, k - p);
            for (int j = column; j < end; j += LANES) {
                int width = Math.min(LANES, end - j);
                long source = from + (p * fromRow + j) * Float.BYTES;
                long target = to + (j * toRow + p) * Float.BYTES;
                if (height == LANES && width == LANES) {
                    read(source, fromRow * Float.BYTES, square);
                    write(square, target, toRow * Float.BYTES);
                } else {
                    ragged(source, fromRow, target, toRow, height, width);
                }
            }
        }
    }

    private static void read(long source, long stride, float[] square) {
        for (int i = 0; i < LANES; i++) {
            Vectors.load(source + i * stride).intoArray(square, i * LANES);
        }
    }

    private static void write(float[] square, long target, long stride) {
        for (int j = 0; j < LANES; j++) {
            Vectors.store(FloatVector.fromArray(SPECIES, square, j, COLUMN, 0), target + j * stride);
        }
    }

    private static void ragged(long source, long fromRow, long target, long toRow, int height, int width) {
        for (int j = 0; j < width; j++) {
            for (int i = 0; i < height; i++) {
                Native.setFloat(target, j * toRow + i, Native.getFloat(source, i * fromRow + j));
            }
        }
    }
}
