package dev.cria.data;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.hardwood.HardwoodContext;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqStruct;
import dev.hardwood.row.StructAccessor;
import dev.hardwood.schema.ColumnSchema;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * All rows of a Parquet file with all their columns, nested ones too, as a JSON reader would give them: {@link String}, {@link Long},
 * {@link Double}, {@link Boolean}, {@link List}, {@link Map}, null.
 */
public final class ParquetRows {
    private static final String HINT = "write or download the file again";
    private static final int BATCH_ROWS = 256;
    private static final int PATIENCE_SECONDS = 30;

    /** As in {@link ParquetDocuments}: held here so that it keeps its level. */
    private static final Logger LIBRARY_LOG = Logger.getLogger("dev.hardwood");

    static {
        LIBRARY_LOG.setLevel(Level.WARNING);
    }

    private ParquetRows() {}

    /** Receives rows one by one. */
    @FunctionalInterface
    interface RowConsumer {
        /**
         * @param number of the row, from 1
         * @param share of the file's rows up to this one, 0 to 1
         */
        void accept(long number, double share, Map<String, @Nullable Object> row);
    }

    /** All rows at once, for small files such as benchmarks; errors as {@link #forEach}. */
    public static List<Map<String, @Nullable Object>> read(Path file) {
        List<Map<String, @Nullable Object>> rows = new ArrayList<>();
        forEach(file, (number, share, row) -> rows.add(row));
        return rows;
    }

    /**
     * Hands on the rows in their order, some hundred at a time, so that a file may be larger than the memory.
     *
     * @throws UserError where the file does not exist
     * @throws MalformedFileException where it is damaged
     */
    static void forEach(Path file, RowConsumer consumer) {
        ExecutorService worker = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("cria-parquet-rows").factory());
        try (HardwoodContext context = HardwoodContext.create(1);
                ParquetFileReader reader = ParquetFileReader.open(InputFile.of(file), context)) {
            for (ColumnSchema column : reader.getFileSchema().getColumns()) {
                ParquetPages.check(
                        file, reader.getFileMetaData(), column.columnIndex(), column.maxRepetitionLevel() > 0);
            }
            double all = Math.max(1, reader.getFileMetaData().numRows());
            RowReader source = reader.rowReader();
            long number = 0;
            for (Batch batch = batch(worker, source, 0, file); ; batch = batch(worker, source, number, file)) {
                for (Map<String, @Nullable Object> row : batch.rows()) {
                    number++;
                    consume(consumer, number, Math.min(1, number / all), row);
                }
                if (batch.last()) {
                    source.close(); // not where reading has stalled: it would wait for the stalled thread
                    return;
                }
            }
        } catch (NoSuchFileException e) {
            throw new UserError(file + " does not exist", "check the path", e);
        } catch (Refused e) {
            throw e.rethrown();
        } catch (UserError e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new MalformedFileException(file, -1, "is no readable Parquet file: " + e.getMessage(), HINT);
        } catch (OutOfMemoryError e) {
            // As in ParquetDocuments: a false count in the footer asks for one giant array.
            throw new MalformedFileException(file, -1, "its footer asks for more memory than there is", HINT);
        } finally {
            worker.shutdownNow();
        }
    }

    /** What the consumer throws is no fault of the file. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused(Throwable cause) {
            super(cause);
        }

        /** Throws what the consumer threw. */
        RuntimeException rethrown() {
            if (getCause() instanceof Error error) {
                throw error;
            }
            return getCause() instanceof RuntimeException cause ? cause : this;
        }
    }

    private static void consume(RowConsumer consumer, long number, double share, Map<String, @Nullable Object> row) {
        try {
            consumer.accept(number, share, row);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw new Refused(e);
        }
    }

    private record Batch(List<Map<String, @Nullable Object>> rows, boolean last) {}

    /** The next rows. It does not wait for ever: on some damaged files the library's threads end without a word. */
    private static Batch batch(ExecutorService worker, RowReader source, long done, Path file) {
        try {
            return worker.submit(() -> {
                        List<Map<String, @Nullable Object>> rows = new ArrayList<>(BATCH_ROWS);
                        while (rows.size() < BATCH_ROWS) {
                            if (!source.hasNext()) {
                                return new Batch(rows, true);
                            }
                            source.next();
                            rows.add(struct(source));
                        }
                        return new Batch(rows, false);
                    })
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new MalformedFileException(
                    file, -1, "no row came after row " + done + " for " + PATIENCE_SECONDS + " seconds", HINT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UserError.failed("reading " + file + " was interrupted", "run it again");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    private static Map<String, @Nullable Object> struct(StructAccessor struct) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int i = 0; i < struct.getFieldCount(); i++) {
            values.put(struct.getFieldName(i), struct.isNull(i) ? null : value(struct.getValue(i)));
        }
        return values;
    }

    private static @Nullable Object value(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case PqStruct struct -> struct(struct);
            case PqList list -> {
                List<@Nullable Object> items = new ArrayList<>();
                for (int i = 0; i < list.size(); i++) {
                    items.add(list.isNull(i) ? null : value(list.get(i)));
                }
                yield items;
            }
            case Integer number -> number.longValue();
            case Short number -> number.longValue();
            case Byte number -> number.longValue();
            case Float number -> number.doubleValue();
            case String text -> text;
            case Long number -> number;
            case Double number -> number;
            case Boolean bool -> bool;
            default -> value.toString();
        };
    }
}
