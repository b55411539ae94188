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
 * {@link Double}, {@link Boolean}, {@link List}, {@link Map}, null. For small files such as benchmarks.
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

    /**
     * @throws UserError where the file does not exist
     * @throws MalformedFileException where it is damaged
     */
    public static List<Map<String, @Nullable Object>> read(Path file) {
        ExecutorService worker = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("cria-parquet-rows").factory());
        try (HardwoodContext context = HardwoodContext.create(1);
                ParquetFileReader reader = ParquetFileReader.open(InputFile.of(file), context)) {
            for (ColumnSchema column : reader.getFileSchema().getColumns()) {
                ParquetPages.check(
                        file, reader.getFileMetaData(), column.columnIndex(), column.maxRepetitionLevel() > 0);
            }
            List<Map<String, @Nullable Object>> rows = new ArrayList<>();
            RowReader source = reader.rowReader();
            while (batch(worker, source, rows, file)) {}
            source.close(); // not where reading has stalled: it would wait for the stalled thread
            return rows;
        } catch (NoSuchFileException e) {
            throw new UserError(file + " does not exist", "check the path", e);
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

    /** Appends the next rows; false at the end. It does not wait for ever: on some damaged files the library's threads end without a word. */
    private static boolean batch(
            ExecutorService worker, RowReader source, List<Map<String, @Nullable Object>> rows, Path file) {
        try {
            return worker.submit(() -> {
                        for (int i = 0; i < BATCH_ROWS; i++) {
                            if (!source.hasNext()) {
                                return false;
                            }
                            source.next();
                            rows.add(struct(source));
                        }
                        return true;
                    })
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new MalformedFileException(
                    file, -1, "no row came after row " + rows.size() + " for " + PATIENCE_SECONDS + " seconds", HINT);
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
