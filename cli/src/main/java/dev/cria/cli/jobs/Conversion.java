package dev.cria.cli.jobs;

import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.cli.terminal.Units;
import dev.cria.model.convert.ConversionOptions;
import dev.cria.model.convert.ConversionProgress;
import dev.cria.model.convert.ConversionResult;
import dev.cria.model.convert.ModelConverter;
import dev.cria.tensor.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Converts a model, with a live line. */
public final class Conversion {
    private Conversion() {}

    /** Converts as the options say. */
    public static ConversionResult run(
            Console console, Path input, Path output, ConversionOptions options, Device device) {
        try (LiveLine line = new LiveLine(console)) {
            return ModelConverter.run(input, output, options, device, progress -> line.show(fields(progress)));
        }
    }

    private static List<Field> fields(ConversionProgress progress) {
        return List.of(
                Field.plain(
                        String.format(Locale.ROOT, "%3.0f %%", 100.0 * progress.doneBytes() / progress.totalBytes()),
                        4),
                Field.plain(Units.bytes((long) progress.bytesPerSecond()) + "/s", 2),
                Field.plain(Units.seconds(progress.secondsLeft()) + " left", 3),
                Field.styled(progress.tensor(), 1, "2"));
    }
}
