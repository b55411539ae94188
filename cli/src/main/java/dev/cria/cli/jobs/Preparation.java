package dev.cria.cli.jobs;

import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.cli.terminal.Units;
import dev.cria.data.DataPreparation;
import dev.cria.data.PrepareOptions;
import dev.cria.data.PrepareProgress;
import dev.cria.data.PrepareResult;
import java.util.List;
import java.util.Locale;

/** Prepares a data set, with a live line. */
public final class Preparation {
    private Preparation() {}

    /** Prepares as the options say. */
    public static PrepareResult run(Console console, PrepareOptions options) {
        try (LiveLine line = new LiveLine(console)) {
            return DataPreparation.run(options, progress -> line.show(fields(progress)));
        }
    }

    private static List<Field> fields(PrepareProgress progress) {
        return List.of(
                Field.plain(Units.count(progress.documents()) + " documents", 3),
                Field.plain(Units.count(progress.tokens()) + " tokens", 4),
                Field.plain(String.format(Locale.ROOT, "%.1f MB/s", progress.megabytesPerSecond()), 2),
                Field.styled(progress.source(), 1, "2"));
    }
}
