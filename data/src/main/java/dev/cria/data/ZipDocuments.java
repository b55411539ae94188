package dev.cria.data;

import dev.cria.base.MalformedFileException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a zip or jar, in the archive's order, each read like a file of its name. Entries are streamed: how far one swells when
 * unpacked costs time but no memory. An entry whose checksum does not match is damaged.
 */
final class ZipDocuments implements DocumentSource {
    private static final String HINT = "pack or download the archive again, or skip damaged parts with --skip-damaged";

    private final Path file;
    private final ReadOptions options;
    private final List<Glob> include;
    private final List<Glob> exclude;
    private final ReadCounts counts;
    private final Runnable entryOpened;
    private final ZipFile zip;
    private final Enumeration<? extends ZipEntry> entries;
    private @Nullable DocumentSource current;
    private String currentName = "";

    ZipDocuments(
            Path file,
            ReadOptions options,
            List<Glob> include,
            List<Glob> exclude,
            ReadCounts counts,
            Runnable entryOpened)
            throws IOException {
        this.file = file;
        this.options = options;
        this.include = include;
        this.exclude = exclude;
        this.counts = counts;
        this.entryOpened = entryOpened;
        try {
            this.zip = new ZipFile(file.toFile());
        } catch (ZipException | IllegalArgumentException e) {
            throw new MalformedFileException(file, -1, "is no readable zip archive: " + e.getMessage(), HINT);
        }
        this.entries = zip.entries();
    }

    @Override
    public @Nullable Document next() throws IOException {
        while (true) {
            try {
                if (current == null && !openNext()) {
                    return null;
                }
                Document document = current == null ? null : current.next();
                if (document != null) {
                    return document;
                }
                closeCurrent();
            } catch (IOException e) {
                if (!Compression.isDamage(e)) {
                    throw e;
                }
                damaged(new MalformedFileException(
                        file, -1, "entry " + currentName + " is damaged: " + e.getMessage(), HINT));
            } catch (IllegalArgumentException e) {
                // ZipFile's way of saying that a name is not in the archive's character set.
                damaged(new MalformedFileException(file, -1, "has an entry with an unreadable name", HINT));
            } catch (MalformedFileException e) {
                damaged(e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (zip) {
            closeCurrent();
        }
    }

    private boolean openNext() throws IOException {
        while (entries.hasMoreElements()) {
            ZipEntry entry = entries.nextElement();
            currentName = entry.getName();
            boolean hidden = currentName.startsWith(".") || currentName.contains("/.");
            if (!entry.isDirectory() && !hidden && Glob.passes(currentName, include, exclude)) {
                InputStream bytes = new CheckedEntry(zip.getInputStream(entry), entry);
                String source = file + "!" + currentName;
                InputStream in = Compression.unpackByName(bytes, currentName);
                InputFormat format = options.format() == InputFormat.AUTO || options.format() == InputFormat.ZIP
                        ? InputFormat.of(currentName)
                        : options.format();
                current = format == InputFormat.JSONL
                        ? new JsonLinesDocuments(in, Path.of(source), source, options, counts)
                        : new TextDocuments(in, source, options.maximumDocumentBytes(), counts);
                entryOpened.run();
                return true;
            }
        }
        return false;
    }

    private void closeCurrent() throws IOException {
        if (current != null) {
            current.close();
            current = null;
        }
    }

    private void damaged(MalformedFileException e) throws IOException {
        closeCurrent();
        if (!options.skipDamaged()) {
            throw e;
        }
        counts.damaged++;
    }

    /** Holds an entry against its CRC-32 at its end, which ZipFile itself does not do. */
    private static final class CheckedEntry extends FilterInputStream {
        private final CRC32 crc = new CRC32();
        private final long expected;

        CheckedEntry(InputStream in, ZipEntry entry) {
            super(in);
            this.expected = entry.getCrc();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int n = super.read(bytes, offset, length);
            if (n > 0) {
                crc.update(bytes, offset, n);
            } else if (n < 0 && expected >= 0 && crc.getValue() != expected) {
                throw new ZipException("its checksum does not match");
            }
            return n;
        }
    }
}
