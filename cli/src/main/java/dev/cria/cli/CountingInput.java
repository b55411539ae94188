package dev.cria.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Says how much was read, for a display of what is left. */
final class CountingInput extends FilterInputStream {
    private long count;

    CountingInput(InputStream in) {
        super(in);
    }

    /** Bytes that were read. */
    long count() {
        return count;
    }

    @Override
    public int read() throws IOException {
        int read = super.read();
        count += read >= 0 ? 1 : 0;
        return read;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        int read = super.read(to, offset, length);
        count += Math.max(0, read);
        return read;
    }
}
