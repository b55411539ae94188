package dev.cria.cli.quickstart;

import dev.cria.cli.bench.TrainingBench;
import dev.cria.model.Initializer;
import dev.cria.model.LlamaConfig;
import dev.cria.model.TrainableLlama;
import dev.cria.train.TrainingDevice;
import dev.cria.train.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;

/** Finds out how many steps of a recipe this machine takes in a given time. */
final class Pace {
    private static final int MOST_STEPS = 40;
    private static final double SECONDS = 6;

    /** Share of the time that goes into steps; the rest is validation, checkpoints and pictures. */
    private static final double SHARE = 0.9;

    /** Steps before the first measured one, in which the JVM compiles what is hot. */
    private static final int WARM_UP = 3;

    /** Sequences of a micro-batch that fits any memory. */
    private static final int USUAL = 8;

    private Pace() {}

    /** Steps that fit into {@code seconds}, by a few steps on random tokens. */
    static long stepsWithin(double seconds, Recipe recipe, int vocabulary) {
        int sequence = recipe.training().sequenceLength();
        int asked = recipe.training().microBatch();
        int microBatch = asked == Recipe.Training.FITTING ? USUAL : asked;
        long batch = recipe.stages().getFirst().batch().amount();
        LlamaConfig config = LlamaConfig.preset(recipe.model().preset()).withVocabSize(vocabulary);
        List<Double> speeds = new ArrayList<>();
        long begin = System.nanoTime();
        try (TrainingDevice opened = TrainingDevice.open(recipe);
                TrainableLlama model = TrainableLlama.create(opened.device(), config, microBatch, sequence)) {
            Initializer.tinyLlama(model.parameters(), 0, opened.device());
            model.parametersChanged();
            TrainingBench.run(opened.device(), model, microBatch, sequence, WARM_UP, MOST_STEPS, sample -> {
                speeds.add(sample.tokensPerSecond());
                return System.nanoTime() - begin < SECONDS * 1e9;
            });
        }
        // The first steps are slower, since the JVM is still compiling; the best of them is what the others will be.
        double tokensPerSecond =
                speeds.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        return (long) Math.floor(seconds * SHARE * tokensPerSecond / ((double) batch * sequence));
    }
}
