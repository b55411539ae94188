package dev.cria.model;

import dev.cria.tensor.Tensor;

/** Takes consecutive parts of a flat tensor; each begins at a multiple of 64 bytes. */
public final class FlatCursor {
    private static final long ALIGNMENT = 16;

    private final Tensor flat;
    private long position;

    /** @param position where the first part begins */
    public FlatCursor(Tensor flat, long position) {
        this.flat = flat;
        this.position = position;
    }

    /** @throws IllegalArgumentException if so much is not left */
    public Tensor take(long... dims) {
        long elements = 1;
        for (long dim : dims) {
            elements *= dim;
        }
        if (position + aligned(elements) > flat.elements()) {
            throw new IllegalArgumentException(flat + " is too small for the configuration");
        }
        Tensor part = flat.rows(position, position + elements).reshape(dims);
        position += aligned(elements);
        return part;
    }

    /** Elements taken so far, the gaps between parts included. */
    public long position() {
        return position;
    }

    /** Elements that a part takes with the gap behind it. */
    public static long aligned(long elements) {
        return (elements + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
