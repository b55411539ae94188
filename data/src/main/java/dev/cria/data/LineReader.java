package dev.cria.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Lines of a stream as bytes in a reused buffer, with their numbers and places; a line's length is bounded. */
final class LineReader {
    private final InputStream in;
    private final int maximumBytes;
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;
    private int filled;
    private long offset;
    private long number;
    private boolean ended;

    LineReader(InputStream in, int maximumBytes) {
        this.in = in;
        this.maximumBytes = maximumBytes;
    }

    /** Goes to the next line; false at the end. */
    boolean next() throws IOException {
        offset += Math.min(filled, end + 1) - start;
        start = Math.min(filled, end + 1);
        int scanned = start;
        while (true) {
            for (; scanned < filled; scanned++) {
                if (buffer[scanned] == '\n') {
                    end = scanned;
                    number++;
                    return true;
                }
            }
            if (ended) {
                end = filled;
                number++;
                return end > start;
            }
            if (filled - start > maximumBytes) {
                end = filled;
                number++;
                throw new LineTooLongException();
            }
            if (start > 0) {
                System.arraycopy(buffer, start, buffer, 0, filled - start);
                scanned -= start;
                filled -= start;
                start = 0;
                end = 0;
            }
            if (filled == buffer.length) {
                buffer = Arrays.copyOf(buffer, (int) Math.min(buffer.length * 2L, maximumBytes + (1L << 16)));
            }
            int n = in.read(buffer, filled, buffer.length - filled);
            ended = n < 0;
            filled += Math.max(0, n);
        }
    }

    /** The buffer that the line is in, from {@link #start} to {@link #end}, its line feed not included. */
    byte[] buffer() {
        return buffer;
    }

    int start() {
        return start;
    }

    /** {@link #start}, behind a byte order mark if one stands there. */
    int startWithoutMark() {
        boolean mark = end - start >= 3
                && buffer[start] == (byte) 0xEF
                && buffer[start + 1] == (byte) 0xBB
                && buffer[start + 2] == (byte) 0xBF;
        return mark ? start + 3 : start;
    }

    int end() {
        return end;
    }

    /** Number of the line, from 1. */
    long number() {
        return number;
    }

    /** Place of the line's first byte in the unpacked stream. */
    long offset() {
        return offset;
    }

    /** A line over the bound. */
    static final class LineTooLongException extends IOException {
        LineTooLongException() {
            super("line too long");
        }
    }
}
