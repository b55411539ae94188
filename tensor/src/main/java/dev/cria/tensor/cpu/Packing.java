package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;

import jdk.incubator.vector.VectorMask;

/**
 * Copies a block of a matrix into panels as {@link VectorGemm}'s register tile reads them: panel after panel of {@code width} lines, inside a
 * panel depth by depth, the lines of one depth side by side. Lines past the block's end are zeros.
 */
final class Packing {
    private Packing() {}

    /**
     * Packs {@code lines} lines (rows of A or columns of B) of {@code depth} elements.
     *
     * @param along whether a line's elements lie side by side in the source; otherwise the elements of one depth do
     * @param stride floats between the starts of stored rows
     */
    static void pack(float[] to, int width, boolean along, long from, long stride, int lines, int depth) {
        int at = 0;
        for (int line = 0; line < lines; line += width) {
            int present = Math.min(width, lines - line);
            if (along) {
                transpose(to, at, width, from + line * stride * Float.BYTES, stride * Float.BYTES, present, depth);
            } else {
                copy(to, at, width, from + (long) line * Float.BYTES, stride * Float.BYTES, present, depth);
            }
            at += width * depth;
        }
    }

    /** The lines of one depth lie side by side already. */
    private static void copy(float[] to, int at, int width, long from, long stride, int present, int depth) {
        for (int i = 0; i < width; i += LANES) {
            VectorMask<Float> read = Vectors.first(present - i);
            VectorMask<Float> written = Vectors.first(width - i);
            long source = from + (long) i * Float.BYTES;
            int target = at + i;
            for (int p = 0; p < depth; p++) {
                Vectors.load(source, read).intoArray(to, target, written);
                source += stride;
                target += width;
            }
        }
    }

    private static void transpose(float[] to, int at, int width, long from, long stride, int present, int depth) {
        for (int i = 0; i < width; i++) {
            long line = from + i * stride;
            int target = at + i;
            for (int p = 0; p < depth; p++) {
                to[target] = i < present ? Native.getFloat(line, p) : 0;
                target += width;
            }
        }
    }
}
