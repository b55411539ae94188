package dev.cria.data;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.hardwood.HardwoodContext;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ColumnReader;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.schema.ColumnSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One column of a Parquet file, a row a document. Null is an empty document. Only that column is read. */
final class ParquetDocuments implements DocumentSource {
    private static final String HINT = "write or download the file again, or skip damaged files with --skip-damaged";
    private static final int BATCH_ROWS = 256;
    private static final int PATIENCE_SECONDS = 30;

    /** The library tells at level INFO how it unpacks; held here, since loggers that nobody holds forget their level. */
    private static final Logger LIBRARY_LOG = Logger.getLogger("dev.hardwood");

    static {
        LIBRARY_LOG.setLevel(Level.WARNING);
    }

    private final Path file;
    private final String source;
    private final ReadCounts counts;
    private final HardwoodContext context = HardwoodContext.create(1);
    private final ParquetFileReader reader;
    private final ColumnReader column;
    private final ExecutorService batches = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("cria-parquet").factory());
    private boolean stalled;
    private byte[] values = {};
    private int[] offsets = {};
    private int row;
    private int rows;
    private long rowNumber;

    ParquetDocuments(Path file, String source, String textField, ReadCounts counts) throws IOException {
        this.file = file;
        this.source = source;
        this.counts = counts;
        ParquetFileReader opened = null;
        try {
            opened = ParquetFileReader.open(InputFile.of(file), context);
            this.reader = opened;
            ColumnSchema schema = textColumn(textField);
            ParquetPages.check(file, opened.getFileMetaData(), schema.columnIndex(), false);
            this.column = opened.buildColumnReader(schema.columnIndex())
                    .batchSize(BATCH_ROWS)
                    .build();
        } catch (UserError e) {
            closeAll(opened);
            throw e;
        } catch (IOException | RuntimeException e) {
            closeAll(opened);
            throw damaged(e);
        } catch (OutOfMemoryError e) {
            // The library takes counts in the file's footer at their word; a false one asks for one giant array, and
            // gets none.
            closeAll(opened);
            throw new MalformedFileException(file, -1, "its footer asks for more memory than there is", HINT);
        }
    }

    @Override
    public @Nullable Document next() throws IOException {
        try {
            while (row == rows) {
                if (!nextBatch()) {
                    return null;
                }
                rows = column.getRecordCount();
                values = column.getBinaryValues();
                offsets = column.getBinaryOffsets();
                row = 0;
            }
            int from = offsets[row];
            int length = column.getLeafValidity().isNull(row) ? 0 : offsets[row + 1] - from;
            row++;
            rowNumber++;
            return new Document(Utf8Text.decode(values, from, length, counts), source + ":" + rowNumber);
        } catch (UserError e) {
            throw e;
        } catch (RuntimeException e) {
            throw damaged(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (!stalled) {
            column.close();
        }
        closeAll(reader);
    }

    /** Goes to the next rows, but does not wait for ever: on some damaged files the library's own threads end without a word. */
    private boolean nextBatch() {
        try {
            return batches.submit(column::nextBatch).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            stalled = true;
            String what = "no row came after row " + rowNumber + " for " + PATIENCE_SECONDS
                    + " seconds: the file is damaged, or its disk does not answer";
            throw new MalformedFileException(file, -1, what, HINT);
        } catch (InterruptedException e) {
            stalled = true;
            Thread.currentThread().interrupt();
            throw UserError.failed("reading " + file + " was interrupted", "run it again");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    private void closeAll(@Nullable ParquetFileReader opened) throws IOException {
        batches.shutdownNow();
        try (context) {
            if (opened != null) {
                opened.close();
            }
        }
    }

    private ColumnSchema textColumn(String name) {
        for (ColumnSchema candidate : reader.getFileSchema().getColumns()) {
            if (candidate.fieldPath().toString().equals(name)
                    || candidate.name().equals(name)) {
                if (candidate.type() != PhysicalType.BYTE_ARRAY || candidate.maxRepetitionLevel() > 0) {
                    throw new UserError(
                            file + ": the column \"" + name + "\" holds no text",
                            "name the column of the text with --text-field");
                }
                return candidate;
            }
        }
        throw new UserError(
                file + " has no column \"" + name + "\"",
                "its columns are "
                        + reader.getFileSchema().getColumns().stream()
                                .limit(20)
                                .map(ColumnSchema::name)
                                .toList() + "; name the one with the text by --text-field");
    }

    private MalformedFileException damaged(Exception e) {
        return new MalformedFileException(file, -1, "is no readable Parquet file: " + e.getMessage(), HINT);
    }
}
