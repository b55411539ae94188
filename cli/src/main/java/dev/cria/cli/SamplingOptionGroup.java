package dev.cria.cli;

import dev.cria.model.generation.SamplingOptions;
import java.util.Optional;
import java.util.random.RandomGenerator;
import picocli.CommandLine.Option;

/** How the next token is chosen. */
final class SamplingOptionGroup {
    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "0.8",
            description = "Divisor of the logits; 0 always takes the likeliest token (default: ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            defaultValue = "0",
            description = "Keep the K likeliest tokens; 0 keeps all (default: ${DEFAULT-VALUE}).")
    private int topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            defaultValue = "1",
            description = "Keep the likeliest tokens that together have this probability (default: ${DEFAULT-VALUE}).")
    private double topP;

    @Option(
            names = "--min-p",
            paramLabel = "P",
            defaultValue = "0",
            description =
                    "Keep tokens at least this many times as likely as the likeliest (default: ${DEFAULT-VALUE}).")
    private double minP;

    @Option(
            names = "--typical-p",
            paramLabel = "P",
            defaultValue = "1",
            description =
                    "Keep the most typical tokens that together have this probability (default: ${DEFAULT-VALUE}).")
    private double typicalP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "R",
            defaultValue = "1",
            description = "Above 1, tokens that occurred become less likely (default: ${DEFAULT-VALUE}).")
    private double repetitionPenalty;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "The same seed gives the same text (default: another one each time; --json tells it).")
    private Optional<Long> seed;

    /** The options, with a seed of their own where none is given. */
    SamplingOptions toOptions() {
        long chosen = seed.orElseGet(() -> RandomGenerator.getDefault().nextLong(1L << 31));
        return new SamplingOptions(temperature, topK, topP, minP, typicalP, repetitionPenalty, chosen);
    }
}
