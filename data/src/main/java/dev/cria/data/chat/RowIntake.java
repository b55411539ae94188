package dev.cria.data.chat;

import dev.cria.base.UserError;
import dev.cria.data.JsonRows;
import dev.cria.data.chat.ConversationOptions.OnBad;
import dev.cria.data.chat.ConversationOptions.OnLong;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Takes in rows: makes something of each on all cores, some thousand rows at a time, hands the results on in the order of the rows, and
 * counts what was left out, and why.
 *
 * @param <T> what a row becomes
 */
final class RowIntake<T> {
    private static final int AT_ONCE = 1024;

    private final String what;
    private final ConversationOptions options;
    private final Function<JsonRows.Row, Taken<T>> take;
    private final Consumer<T> sink;
    private final List<JsonRows.Row> waiting = new ArrayList<>();
    private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
    private long rows;
    private long cut;

    /**
     * A row as it is taken.
     *
     * @param value empty where there is a fault
     * @param fault why it is left out
     * @param source where it stands
     * @param cut whether some of its turns were left out
     */
    record Taken<T>(Optional<T> value, Optional<Fault> fault, String source, boolean cut) {
        static <T> Taken<T> of(T value, String source, boolean cut) {
            return new Taken<>(Optional.of(value), Optional.empty(), source, cut);
        }

        static <T> Taken<T> refused(Fault fault, String source) {
            return new Taken<>(Optional.empty(), Optional.of(fault), source, false);
        }
    }

    /**
     * @param what a row is called in messages, such as conversation
     * @param take called on many threads
     * @param sink called in the order of the rows, on the thread that reads
     */
    RowIntake(String what, ConversationOptions options, Function<JsonRows.Row, Taken<T>> take, Consumer<T> sink) {
        this.what = what;
        this.options = options;
        this.take = take;
        this.sink = sink;
    }

    /** Reads files, or folders of files. @throws UserError if there are none, or a bad row where that is to stop the run */
    void read(List<Path> paths) {
        read(paths, ReadingListener.NONE);
    }

    /** The same, with somebody told of it after some thousand rows each. */
    void read(List<Path> paths, ReadingListener listener) {
        List<Path> files =
                paths.stream().flatMap(path -> JsonRows.files(path).stream()).toList();
        double all = files.stream().mapToLong(JsonRows::bytes).sum();
        long before = 0;
        for (Path file : files) {
            AtomicLong bytes = new AtomicLong();
            long start = before;
            JsonRows.read(
                    file,
                    row -> {
                        waiting.add(row);
                        if (waiting.size() == AT_ONCE) {
                            flush();
                            listener.onRows(rows, (start + bytes.get()) / all);
                        }
                    },
                    bytes);
            before += JsonRows.bytes(file);
        }
        flush();
    }

    private void flush() {
        for (Taken<T> taken : waiting.parallelStream().map(take).toList()) {
            taken.fault().ifPresent(fault -> refuse(taken.source(), fault));
            taken.value().ifPresent(sink);
            cut += taken.cut() ? 1 : 0;
        }
        rows += waiting.size();
        waiting.clear();
    }

    private void refuse(String source, Fault fault) {
        boolean stop = fault == Fault.TOO_LONG && options.onLong() != OnLong.CUT
                ? options.onLong() == OnLong.STOP
                : options.onBad() == OnBad.STOP;
        if (stop) {
            throw new UserError(
                    "the " + what + " at " + source + " " + fault.sentence()
                            + (fault == Fault.TOO_LONG ? " of " + options.context() + " tokens" : ""),
                    fault == Fault.TOO_LONG
                            ? "shorten it, raise training.sequence_length, or chat.on_long=skip leaves such ones out"
                            : "mend or delete it, or chat.on_bad=skip leaves such ones out");
        }
        faults.merge(fault, 1L, Long::sum);
    }

    /** Rows left out, by reason. */
    Map<Fault, Long> faults() {
        return faults;
    }

    /** Rows of which some turns were left out. */
    long cut() {
        return cut;
    }

    /** What was left out and cut, in words; nothing where nothing was. */
    static List<String> notices(Map<Fault, Long> faults, long cut) {
        List<String> notices = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            long count = faults.getOrDefault(fault, 0L);
            if (count > 0) {
                notices.add("%,d %s left out".formatted(count, fault.counted()));
            }
        }
        if (cut > 0) {
            notices.add("%,d cut to the turns that fit the context".formatted(cut));
        }
        return notices;
    }
}
