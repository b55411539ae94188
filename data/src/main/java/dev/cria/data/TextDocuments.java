package dev.cria.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A text file as one document, or as several where it is longer than {@link ReadOptions#maximumDocumentBytes}: cut behind the last line
 * feed that fits, or between two characters where there is none. A byte order mark is removed; line ends stay as they are. A NUL byte makes
 * a file binary: what follows it, its own piece included, is left out, and the file is counted.
 */
final class TextDocuments implements DocumentSource {
    private final InputStream in;
    private final String source;
    private final int maximum;
    private final ReadCounts counts;
    private byte[] buffer = new byte[1 << 13];
    private int filled;
    private long offset;
    private boolean ended;

    TextDocuments(InputStream in, String source, int maximumBytes, ReadCounts counts) {
        this.in = in;
        this.source = source;
        this.maximum = maximumBytes;
        this.counts = counts;
    }

    @Override
    public @Nullable Document next() throws IOException {
        fill();
        if (filled == 0) {
            return null;
        }
        int length = filled <= maximum ? filled : cut();
        for (int i = 0; i < length; i++) {
            if (buffer[i] == 0) {
                counts.binaryFiles++;
                ended = true;
                filled = 0;
                return null;
            }
        }
        int start = offset == 0 && startsWithMark(length) ? 3 : 0;
        String text = Utf8Text.decode(buffer, start, length - start, counts);
        boolean whole = offset == 0 && length == filled;
        Document document = new Document(text, whole ? source : source + " from byte " + offset);
        System.arraycopy(buffer, length, buffer, 0, filled - length);
        filled -= length;
        offset += length;
        return document;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** Reads until there is one byte more than a document may have, or the file ends. */
    private void fill() throws IOException {
        while (!ended && filled <= maximum) {
            if (filled == buffer.length) {
                buffer = Arrays.copyOf(buffer, (int) Math.min(buffer.length * 2L, maximum + 1L));
            }
            int n = in.read(buffer, filled, buffer.length - filled);
            if (n < 0) {
                ended = true;
            } else {
                filled += n;
            }
        }
    }

    private int cut() {
        for (int i = maximum; i > 0; i--) {
            if (buffer[i - 1] == '\n') {
                return i;
            }
        }
        // No line feed: step back to the start of a character, at most three bytes; broken UTF-8 may be cut anywhere.
        for (int i = maximum; i > maximum - 4; i--) {
            if ((buffer[i] & 0xC0) != 0x80) {
                return i;
            }
        }
        return maximum;
    }

    private boolean startsWithMark(int length) {
        return length >= 3 && buffer[0] == (byte) 0xEF && buffer[1] == (byte) 0xBB && buffer[2] == (byte) 0xBF;
    }
}
