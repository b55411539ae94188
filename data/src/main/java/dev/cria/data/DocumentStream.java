package dev.cria.data;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The documents of a list of inputs, filtered and counted. For one thread. Damage in a file is a {@link MalformedFileException}, or is
 * skipped and counted where {@link ReadOptions#skipDamaged} says so; after an exception the stream has ended.
 */
public final class DocumentStream implements Iterator<Document>, AutoCloseable {
    private final List<Path> inputs;
    private final ReadOptions options;
    private final List<Glob> include;
    private final List<Glob> exclude;
    private final ReadCounts counts = new ReadCounts();
    private final long[] files;
    private int input = -1;
    private @Nullable FileWalk walk;
    private @Nullable DocumentSource source;
    /** The file that {@link #source} reads: for messages. */
    private Path openFile = DocumentReaders.STANDARD_INPUT;

    private @Nullable Document upcoming;
    private int upcomingInput;
    private int returnedInput;

    DocumentStream(List<Path> inputs, ReadOptions options) {
        this.inputs = List.copyOf(inputs);
        this.options = options;
        this.include = options.include().stream().map(Glob::new).toList();
        this.exclude = options.exclude().stream().map(Glob::new).toList();
        this.files = new long[inputs.size()];
    }

    @Override
    public boolean hasNext() {
        while (upcoming == null) {
            Document document = read();
            if (document == null) {
                return false;
            }
            if (passes(document.text())) {
                upcoming = document;
                upcomingInput = input;
            }
        }
        return true;
    }

    @Override
    public Document next() {
        if (!hasNext() || upcoming == null) {
            throw new NoSuchElementException();
        }
        Document document = upcoming;
        upcoming = null;
        returnedInput = upcomingInput;
        return document;
    }

    /** Which of the inputs, from 0, the document last returned is from. */
    public int currentInput() {
        return returnedInput;
    }

    /** Files and archive entries opened so far for an input. */
    public long filesRead(int ofInput) {
        return files[ofInput];
    }

    /** What was left out or repaired so far. Duplicates are not looked for here. */
    public Manifest.Cleaning cleaning() {
        return counts.toCleaning(0, 0);
    }

    ReadCounts counts() {
        return counts;
    }

    @Override
    public void close() {
        upcoming = null;
        input = inputs.size();
        walk = null;
        closeSource();
    }

    private boolean passes(String text) {
        if (text.isBlank()) {
            counts.emptyDocuments++;
            return false;
        }
        if (text.length() < options.minimumCharacters()) {
            counts.tooShort++;
            return false;
        }
        if (text.length() > options.maximumCharacters()) {
            counts.tooLong++;
            return false;
        }
        return true;
    }

    /** The next document before filters, or null at the end of the last input. */
    private @Nullable Document read() {
        while (true) {
            try {
                if (source != null) {
                    Document document = source.next();
                    if (document != null) {
                        return document;
                    }
                    closeSource();
                }
                Path file = nextFile();
                if (file == null) {
                    return null;
                }
                source = open(file);
            } catch (MalformedFileException e) {
                closeSource();
                if (!options.skipDamaged()) {
                    throw e;
                }
                counts.damaged++;
            } catch (IOException e) {
                closeSource();
                if (!Compression.isDamage(e)) {
                    throw failed(openFile, e);
                }
                if (!options.skipDamaged()) {
                    throw new MalformedFileException(
                            openFile,
                            -1,
                            "is cut short or damaged: " + e.getMessage(),
                            "pack or download it again, or keep what can be read with --skip-damaged");
                }
                counts.damaged++;
            }
        }
    }

    /** The next file that passes the globs, or null after the last. */
    private @Nullable Path nextFile() {
        while (true) {
            if (walk != null) {
                Path file = walk.next();
                if (file == null) {
                    walk = null;
                } else if (passesGlobs(walk.relative(file))) {
                    return file;
                }
                continue;
            }
            if (input + 1 >= inputs.size()) {
                return null;
            }
            Path next = inputs.get(++input);
            if (!Files.isDirectory(next)) {
                return next;
            }
            walk = new FileWalk(next);
        }
    }

    /** Globs to include are for what an archive holds, not for the archive. */
    private boolean passesGlobs(String relative) {
        return InputFormat.of(relative) == InputFormat.ZIP
                ? Glob.passes(relative, List.of(), exclude)
                : Glob.passes(relative, include, exclude);
    }

    private DocumentSource open(Path file) throws IOException {
        openFile = file;
        boolean stream = file.equals(DocumentReaders.STANDARD_INPUT) || !Files.isRegularFile(file);
        InputFormat byName = InputFormat.of(file.toString());
        InputFormat format = options.format() == InputFormat.AUTO ? byName : options.format();
        if (stream && (format == InputFormat.ZIP || format == InputFormat.PARQUET)) {
            throw new UserError(
                    file + " is a stream, and zip and Parquet cannot be read from one", "save it as a file first");
        }
        String name = file.equals(DocumentReaders.STANDARD_INPUT) ? "standard input" : file.toString();
        if (format == InputFormat.ZIP) {
            int at = input;
            return new ZipDocuments(file, options, include, exclude, counts, () -> files[at]++);
        }
        files[input]++;
        if (format == InputFormat.PARQUET) {
            return new ParquetDocuments(file, name, options.textField(), counts);
        }
        InputStream raw = file.equals(DocumentReaders.STANDARD_INPUT)
                ? new FileInputStream(FileDescriptor.in)
                : Files.newInputStream(file);
        try {
            InputStream in = stream
                    ? Compression.unpackByContent(raw)
                    : Compression.unpackByName(new BufferedInputStream(raw, 1 << 16), file.toString());
            return format == InputFormat.JSONL
                    ? new JsonLinesDocuments(in, file, name, options, counts)
                    : new TextDocuments(in, name, options.maximumDocumentBytes(), counts);
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    private void closeSource() {
        DocumentSource closing = source;
        source = null;
        if (closing != null) {
            try {
                closing.close();
            } catch (IOException e) {
                // Nothing was written: a file that cannot be closed after reading loses nothing.
                return;
            }
        }
    }

    private static UserError failed(Path file, IOException e) {
        return e instanceof AccessDeniedException
                ? new UserError("cannot read " + file, "check its permissions", e)
                : UserError.failed("reading " + file + " failed: " + e, "check the disk or network it is on");
    }
}
