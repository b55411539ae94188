package dev.cria.cli.jobs;

import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.Glyphs;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.cli.terminal.Units;
import dev.cria.train.TrainListener;
import dev.cria.train.TrainingPlan;
import dev.cria.train.metrics.EvaluationMetrics;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.metrics.ValidationMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Draws a run: one live line with a bar, the loss and its course, validation loss, speed, share of the peak and the time left; plan,
 * validations, checkpoints and warnings stay as lines of their own.
 */
public final class TrainingProgress implements TrainListener, AutoCloseable {
    private static final int BAR = 20;
    private static final int SPARK = 16;

    /** Weight of the newest step in the loss and the speed that are shown; the first steps are averaged plainly. */
    private static final double SMOOTHING = 0.05;

    private final LiveLine line;
    private final boolean showPlan;
    private final LossHistory history = new LossHistory();
    private long steps;
    private long seen;
    private long timed;
    private double smooth;
    private double pace;
    private double share;
    private Optional<ValidationMetrics> validation = Optional.empty();

    /** @param showPlan whether the plan is printed before the first step */
    public TrainingProgress(Console console, boolean showPlan) {
        this.line = new LiveLine(console);
        this.showPlan = showPlan;
    }

    @Override
    public void onReading(long rows, double share) {
        line.show(List.of(
                Field.plain("reading conversations: " + Units.count(rows), 100),
                Field.ornament("▕" + Glyphs.bar(share, BAR) + "▏", 60, "36"),
                Field.plain(Math.round(100 * share) + " %", 90)));
    }

    @Override
    public void onPlan(TrainingPlan plan) {
        steps = plan.timeline().steps();
        if (showPlan) {
            plan.render().forEach(line::say);
        }
    }

    @Override
    public void onNotice(String sentence) {
        line.say(sentence);
    }

    @Override
    public void onReference(long done, long pairs, Duration remaining) {
        line.show(List.of(
                Field.ornament("▕" + Glyphs.bar((double) done / pairs, BAR) + "▏", 60, "36"),
                Field.plain("asking the starting model: pair " + done + "/" + pairs, 100),
                Field.plain(Units.duration(remaining) + " left", 80)));
        if (done == pairs) {
            line.say("reference: the starting model was asked about " + pairs + " pairs");
        }
    }

    @Override
    public void onResume(long step, Path checkpoint) {
        line.say("going on from step " + step + ": " + checkpoint);
    }

    @Override
    public void onStep(StepMetrics metrics, Duration remaining) {
        if (Double.isFinite(metrics.loss()) && metrics.skipped().isEmpty()) {
            seen++;
            smooth += (metrics.loss() - smooth) * Math.max(SMOOTHING, 1.0 / seen);
            history.add(metrics.loss());
        }
        double weight = Math.max(SMOOTHING, 1.0 / ++timed);
        pace += (metrics.tokensPerSecond() - pace) * weight;
        share += (metrics.shareOfPeak() - share) * weight;
        line.show(fields(metrics, remaining));
    }

    private List<Field> fields(StepMetrics metrics, Duration remaining) {
        List<Field> fields = new ArrayList<>();
        double done = steps == 0 ? 0 : (double) metrics.step() / steps;
        fields.add(Field.ornament("▕" + Glyphs.bar(done, BAR) + "▏", 60, "36"));
        fields.add(Field.plain("step " + metrics.step() + "/" + steps, 90));
        fields.add(Field.styled(String.format(Locale.ROOT, "loss %.3f", smooth), 100, "1"));
        fields.add(Field.ornament(Glyphs.sparkline(history.losses(), SPARK), 50, "33"));
        accuracy(metrics.more())
                .ifPresent(share ->
                        fields.add(Field.styled(String.format(Locale.ROOT, "%.0f %% right", 100 * share), 70, "32")));
        validation.ifPresent(
                held -> fields.add(Field.styled(String.format(Locale.ROOT, "val %.3f", held.loss()), 55, "35")));
        fields.add(Field.plain(Units.count(Math.round(pace)) + " tok/s", 70));
        if (Double.isFinite(share)) {
            fields.add(Field.styled(String.format(Locale.ROOT, "%.0f %% of peak", 100 * share), 40, "2"));
        }
        fields.add(Field.plain(Units.duration(remaining) + " left", 80));
        return fields;
    }

    /** Share of the pairs whose chosen answer gained more, where pairs are learnt from. */
    private static Optional<Double> accuracy(Map<String, Double> metrics) {
        return Optional.ofNullable(metrics.get("rewards/accuracies"));
    }

    @Override
    public void onValidation(ValidationMetrics metrics) {
        validation = Optional.of(metrics);
        StringBuilder sentence = new StringBuilder(
                String.format(Locale.ROOT, "step %d: validation loss %.4f", metrics.step(), metrics.loss()));
        if (metrics.hasBitsPerByte()) {
            sentence.append(String.format(Locale.ROOT, ", %.4f bits per byte", metrics.bitsPerByte()));
        }
        accuracy(metrics.more())
                .ifPresent(share -> sentence.append(String.format(
                        Locale.ROOT,
                        ", %.1f %% of the pairs right, margin %.4f",
                        100 * share,
                        metrics.more().getOrDefault("rewards/margins", Double.NaN))));
        line.say(sentence.toString());
    }

    @Override
    public void onEvaluation(EvaluationMetrics metrics) {
        String scores = metrics.main().stream()
                .map(score -> String.format(Locale.ROOT, "%s %.4f", score.name(), score.value()))
                .collect(Collectors.joining(", "));
        line.say("step " + metrics.step() + ": " + scores);
    }

    @Override
    public void onCheckpoint(long step, Path directory, Duration took) {
        line.say("step " + step + ": checkpoint " + directory + " (" + Units.seconds(took.toMillis() / 1e3) + ")");
    }

    @Override
    public void onEarlyStop(String sentence) {
        line.say(sentence);
    }

    @Override
    public void onWarning(String sentence) {
        line.say("cria: " + sentence);
    }

    /** Ends the live line. */
    @Override
    public void close() {
        line.close();
    }
}
