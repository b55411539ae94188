package dev.cria.cli.quickstart;

import dev.cria.train.RunOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How to run the quickstart.
 *
 * @param output its folder
 * @param inputs what to train on; empty for the JDK's sources
 * @param minutes time to train
 * @param seed decides weights and order
 * @param settings further settings of the recipe, such as {@code training.threads=1}
 * @param start what to do with an earlier quickstart in the folder: {@code NEW} stands for "go on, and say so"
 */
public record QuickstartOptions(
        Path output,
        List<Path> inputs,
        Optional<Double> minutes,
        Optional<Long> seed,
        List<String> settings,
        RunOptions.Start start) {
    /** Where a quickstart goes that says nothing else. */
    public static final Path USUAL_OUTPUT = Path.of("cria-quickstart");

    public QuickstartOptions {
        inputs = List.copyOf(inputs);
        settings = List.copyOf(settings);
    }
}
