package dev.cria.cli.jobs;

import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.Glyphs;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.cli.terminal.Units;
import dev.cria.model.hub.PullListener;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Draws a download: one live line with a bar, what is here of how much, the speed of the last seconds and the time left. */
public final class PullDisplay implements PullListener, AutoCloseable {
    private static final int BAR = 24;
    private static final long SAMPLE_NANOS = 200_000_000L;

    /** The speed is that of the last 25 samples, five seconds. */
    private static final int SAMPLES = 25;

    private record Sample(long nanos, long bytes) {}

    private final LiveLine line;
    private final LongSupplier nanoTime;
    private final Deque<Sample> samples = new ArrayDeque<>();
    private long total;

    /** A display on {@code console}'s stderr. */
    public PullDisplay(Console console) {
        this(new LiveLine(console), System::nanoTime);
    }

    PullDisplay(LiveLine line, LongSupplier nanoTime) {
        this.line = line;
        this.nanoTime = nanoTime;
    }

    @Override
    public void onStart(int files, long totalBytes, long presentBytes) {
        total = totalBytes;
        samples.add(new Sample(nanoTime.getAsLong(), presentBytes));
        if (presentBytes < totalBytes) {
            line.say(files
                    + (files == 1 ? " file, " : " files, ")
                    + Units.bytes(totalBytes)
                    + (presentBytes > 0 ? ", of which " + Units.bytes(presentBytes) + " are here" : ""));
        }
    }

    @Override
    public void onBytes(long bytes) {
        long now = nanoTime.getAsLong();
        if (now - samples.getLast().nanos() < SAMPLE_NANOS) {
            return;
        }
        if (bytes < samples.getLast().bytes()) {
            samples.clear(); // a file was begun again: what was counted before says nothing of the speed
        }
        samples.add(new Sample(now, bytes));
        if (samples.size() > SAMPLES) {
            samples.removeFirst();
        }
        line.show(fields(bytes));
    }

    /** What the line says. */
    List<Field> fields(long bytes) {
        List<Field> fields = new ArrayList<>();
        double share = total == 0 ? 1 : (double) bytes / total;
        fields.add(Field.ornament("▕" + Glyphs.bar(share, BAR) + "▏", 60, "36"));
        fields.add(Field.styled(String.format(Locale.ROOT, "%.1f %%", Math.floor(share * 1000) / 10), 100, "1"));
        fields.add(Field.plain(Units.bytes(bytes) + " of " + Units.bytes(total), 80));
        double seconds = (samples.getLast().nanos() - samples.getFirst().nanos()) * 1e-9;
        double speed =
                seconds > 0 ? (samples.getLast().bytes() - samples.getFirst().bytes()) / seconds : 0;
        if (speed > 0) {
            fields.add(Field.plain(Units.bytes((long) speed) + "/s", 90));
            fields.add(Field.plain(Units.seconds((total - bytes) / speed) + " left", 70));
        }
        return fields;
    }

    @Override
    public void onNotice(String sentence) {
        line.say("cria: " + sentence);
    }

    /** Takes the live line away. */
    @Override
    public void close() {
        line.clear();
        line.close();
    }
}
