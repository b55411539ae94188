package dev.cria.train;

import dev.cria.model.LlamaConfig;
import dev.cria.model.TrainingMemory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a run will do and cost, known before its first step.
 *
 * @param config the model
 * @param trained parameters that learn: all, or those of an adapter
 * @param timeline stages, steps, learning rates
 * @param uses what each stage reads, in the order of the stages
 * @param memory bytes by kind
 * @param machineMemory bytes this machine has, or what is free of a GPU's own memory
 * @param doneSteps steps that a resumed run has behind it
 * @param checkpointBytes size of one checkpoint
 * @param checkpointsKept most checkpoints on the disk at once, the one being written included
 * @param freeDisk bytes free where they go
 * @param flopsPerToken floating point operations a token costs, forward and backward
 * @param peakFlops measured peak of the device's matrix products, FLOP/s
 * @param device what it runs on, in a few words
 * @param directory where the run lives
 * @param evaluation which tasks are run when, if any
 * @param recipe the effective recipe as YAML
 */
public record TrainingPlan(
        LlamaConfig config,
        long trained,
        Timeline timeline,
        List<List<DataUse>> uses,
        TrainingMemory memory,
        long machineMemory,
        long doneSteps,
        long checkpointBytes,
        long checkpointsKept,
        long freeDisk,
        double flopsPerToken,
        double peakFlops,
        String device,
        Path directory,
        Optional<String> evaluation,
        String recipe) {
    /** Share of the matrix product peak that training is guessed to reach before it was timed. */
    private static final double GUESSED_SHARE = 0.5;

    private static final int CURVE_WIDTH = 48;
    private static final String BARS = "▁▂▃▄▅▆▇█";

    /**
     * A dataset in a stage.
     *
     * @param share of the stage's samples, 0 to 1
     * @param samples samples the stage reads of it
     * @param epochs passes over it at the stage's end, earlier stages included
     */
    public record DataUse(String path, double share, long samples, double epochs) {}

    public TrainingPlan {
        uses = List.copyOf(uses);
    }

    /** FLOPs of the steps that are left. */
    public double remainingFlops() {
        return flopsPerToken * (timeline.tokens() - timeline.tokensAfter(doneSteps));
    }

    /** A guess from the peak alone; a run's own {@code remaining} is measured. */
    public Duration guessedTime() {
        return Duration.ofMillis((long) (1000 * remainingFlops() / (peakFlops * GUESSED_SHARE)));
    }

    /** The plan as lines of text. */
    public List<String> render() {
        List<String> lines = new ArrayList<>();
        lines.add(
                "model         %,d parameters: %d layers, %d wide, %d heads (%d key/value), feed-forward %d, vocabulary %d%s"
                        .formatted(
                                config.parameters(),
                                config.numHiddenLayers(),
                                config.hiddenSize(),
                                config.numAttentionHeads(),
                                config.numKeyValueHeads(),
                                config.intermediateSize(),
                                config.vocabSize(),
                                config.tieWordEmbeddings() ? ", tied" : ""));
        if (trained < config.parameters()) {
            lines.add("learns        %,d parameters of an adapter, %.2f %% of the model's; its own stay as they are"
                    .formatted(trained, 100.0 * trained / config.parameters()));
        }
        lines.add("device        " + device);
        lines.add("memory        %s of %s: %s%sgradients %s, optimiser %s, activations %s"
                .formatted(
                        bytes(memory.total()),
                        bytes(machineMemory),
                        memory.base() == 0
                                ? "weights %s, ".formatted(bytes(memory.parameters()))
                                : "base %s, adapter %s, ".formatted(bytes(memory.base()), bytes(memory.parameters())),
                        memory.rounded() == 0 ? "" : "their bf16 copy %s, ".formatted(bytes(memory.rounded())),
                        bytes(memory.gradients()),
                        bytes(memory.optimizer()),
                        bytes(memory.activations())));
        lines.add("length        %,d steps, %,d tokens of sequences of %s%d%s"
                .formatted(
                        timeline.steps(),
                        timeline.tokens(),
                        timeline.sample().tokens() == timeline.sequenceLength() ? "" : "up to ",
                        timeline.sequenceLength(),
                        doneSteps > 0 ? "; %,d steps are done".formatted(doneSteps) : ""));
        for (int i = 0; i < uses.size(); i++) {
            stage(lines, timeline.stages().get(i), uses.get(i));
        }
        lines.add("learning rate " + curve() + "  " + rates());
        lines.add("disk          a checkpoint takes %s, at most %d at once: %s; %s are free"
                .formatted(
                        bytes(checkpointBytes),
                        checkpointsKept,
                        bytes(checkpointBytes * checkpointsKept),
                        bytes(freeDisk)));
        lines.add("compute       %.4g FLOP a token, %.3g in all; the device's matrix products reach %.3g FLOP/s"
                .formatted(flopsPerToken, remainingFlops(), peakFlops));
        lines.add("time          about %s, guessed at %.0f %% of that peak until the first steps are timed"
                .formatted(time(guessedTime()), 100 * GUESSED_SHARE));
        evaluation.ifPresent(what -> lines.add("evaluation    " + what));
        lines.add("directory     " + directory);
        return lines;
    }

    private void stage(List<String> lines, Timeline.Stage stage, List<DataUse> data) {
        lines.add("stage         %s: steps %,d to %,d, %,d tokens each (%d %s)"
                .formatted(
                        stage.name(),
                        stage.firstStep(),
                        stage.lastStep(),
                        Math.round(stage.batchSequences() * timeline.sample().tokens()),
                        stage.batchSequences(),
                        timeline.sample().plural()));
        for (DataUse use : data) {
            lines.add("              %5.1f %%  %s: %,d %s, %.2f epochs by the end of the stage"
                    .formatted(
                            100 * use.share(),
                            use.path(),
                            use.samples(),
                            timeline.sample().plural(),
                            use.epochs()));
        }
    }

    /** The learning rate over the run, as a row of bars. */
    private String curve() {
        double top = 0;
        double[] rates = new double[CURVE_WIDTH];
        for (int i = 0; i < CURVE_WIDTH; i++) {
            rates[i] = timeline.learningRate(1 + (timeline.steps() - 1) * i / (CURVE_WIDTH - 1));
            top = Math.max(top, rates[i]);
        }
        StringBuilder curve = new StringBuilder();
        for (double rate : rates) {
            curve.append(BARS.charAt(top == 0 ? 0 : (int) Math.round(rate / top * (BARS.length() - 1))));
        }
        return curve.toString();
    }

    private String rates() {
        long steps = timeline.steps();
        double top = 0;
        for (int i = 0; i <= 1000; i++) {
            top = Math.max(top, timeline.learningRate(1 + (steps - 1) * i / 1000));
        }
        return String.format(
                Locale.ROOT,
                "%.2e, up to %.2e, at the end %.2e",
                timeline.learningRate(1),
                top,
                timeline.learningRate(steps));
    }

    /** Bytes in the unit that suits them, decimal. */
    static String bytes(long bytes) {
        return bytes >= 10_000_000_000L
                ? "%,d GB".formatted(Math.round(bytes / 1e9))
                : bytes >= 1_000_000_000
                        ? "%.1f GB".formatted(bytes / 1e9)
                        : bytes >= 10_000_000
                                ? "%d MB".formatted(Math.round(bytes / 1e6))
                                : bytes >= 1_000_000
                                        ? "%.1f MB".formatted(bytes / 1e6)
                                        : "%.1f kB".formatted(bytes / 1e3);
    }

    /** A length of time as people say it. */
    static String time(Duration time) {
        double seconds = time.toMillis() / 1e3;
        return seconds < 90
                ? "%.0f seconds".formatted(seconds)
                : seconds < 5400
                        ? "%.0f minutes".formatted(seconds / 60)
                        : seconds < 2 * 86_400
                                ? "%.1f hours".formatted(seconds / 3600)
                                : seconds < 2 * 365.25 * 86_400
                                        ? "%.1f days".formatted(seconds / 86_400)
                                        : "%,.0f years".formatted(seconds / (365.25 * 86_400));
    }
}
