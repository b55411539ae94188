package dev.cria.data;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Streams that may be compressed with gzip or zstd. */
final class Compression {
    private static final int BUFFER_BYTES = 1 << 16;

    private Compression() {}

    /** A name without {@code .gz}, {@code .zst} or {@code .zstd} at its end. */
    static String withoutSuffix(String name) {
        for (String suffix : new String[] {".gz", ".zst", ".zstd"}) {
            if (name.endsWith(suffix)) {
                return name.substring(0, name.length() - suffix.length());
            }
        }
        return name;
    }

    /** Unpacks a stream by the suffix of its name. */
    static InputStream unpackByName(InputStream in, String name) throws IOException {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".gz")) {
            return new GZIPInputStream(in, BUFFER_BYTES);
        }
        return withoutSuffix(lower).length() < lower.length() ? new ZstdInputStream(in) : in;
    }

    /** Unpacks a stream without a name by its first bytes. */
    static InputStream unpackByContent(InputStream in) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, BUFFER_BYTES);
        buffered.mark(4);
        byte[] start = buffered.readNBytes(4);
        buffered.reset();
        if (start.length >= 2 && (start[0] & 0xFF) == 0x1F && (start[1] & 0xFF) == 0x8B) {
            return new GZIPInputStream(buffered, BUFFER_BYTES);
        }
        boolean zstd = start.length == 4
                && (start[0] & 0xFF) == 0x28
                && (start[1] & 0xFF) == 0xB5
                && (start[2] & 0xFF) == 0x2F
                && (start[3] & 0xFF) == 0xFD;
        return zstd ? new ZstdInputStream(buffered) : buffered;
    }

    /** Whether an error means that the packed data is damaged, rather than that the disk or pipe failed. */
    static boolean isDamage(IOException e) {
        return e instanceof EOFException || e instanceof ZipException || e instanceof ZstdIOException;
    }
}
