package dev.cria.tensor;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** The bytes of a tensor that is written to a file, made while they are written, so that they are never held all at once. */
@FunctionalInterface
public interface TensorContent {
    /** Hands all bytes over in order, in pieces of any size. */
    void writeTo(Sink sink) throws IOException;

    /** Takes bytes in. */
    @FunctionalInterface
    interface Sink {
        /** Takes the next bytes; the segment may be overwritten afterwards. */
        void accept(MemorySegment bytes) throws IOException;
    }
}
