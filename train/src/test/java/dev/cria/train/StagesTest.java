package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.data.TokenFixture;
import dev.cria.train.metrics.History;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagesTest {
    private static Recipe recipe(Path a, Path b) {
        return Recipe.parse("""
                model: {preset: tiny, hidden_size: 32, intermediate_size: 64, layers: 1, heads: 2, key_value_heads: 2}
                training: {sequence_length: 32, micro_batch: 4, batch_sequences: 4, threads: 1}
                schedule: {peak: 1e-2, minimum: 1e-3, warmup_steps: 2}
                stages:
                  - {name: basic, steps: 6, data: [{path: '%1$s'}]}
                  - {name: continual, tokens: 600, data: [{path: '%1$s', weight: 3}, {path: '%2$s', weight: 1}]}
                  - name: cool-down
                    steps: 3
                    batch_sequences: 16
                    data: [{path: '%1$s', weight: 3}, {path: '%2$s', weight: 1}]
                    schedule: {kind: linear, peak: 1e-3, minimum: 0, warmup_steps: 0}
                checkpoint: {every: 4}
                validation: {every: 4, tokens: 640}
                """.formatted(a, b), "stages.yaml", List.of());
    }

    @Test
    void arithmetic() {
        Timeline timeline = Timeline.of(recipe(Path.of("a"), Path.of("b")), 32);
        assertThat(timeline.stages()).extracting(Timeline.Stage::steps).containsExactly(6L, 5L, 3L);
        assertThat(timeline.stages()).extracting(Timeline.Stage::firstStep).containsExactly(1L, 7L, 12L);
        assertThat(timeline.stages()).extracting(Timeline.Stage::firstSample).containsExactly(0L, 24L, 44L);
        assertThat(timeline.steps()).isEqualTo(14);
        assertThat(timeline.samplesAfter(0)).isZero();
        assertThat(timeline.samplesAfter(12)).isEqualTo(60);
        assertThat(timeline.tokens()).isEqualTo((44 + 48) * 32);
        assertThat(timeline.stageAt(11).name()).isEqualTo("continual");
        assertThat(timeline.learningRate(1)).isEqualTo(5e-3);
        assertThat(timeline.learningRate(2)).isCloseTo(1e-2, within(1e-12));
        assertThat(timeline.learningRate(12)).isCloseTo(1e-3 * 2 / 3, within(1e-12));
        assertThat(timeline.learningRate(14)).isCloseTo(0, within(1e-12));
    }

    @Test
    void theShippedThreeStageRecipeHasThePapersLengths() {
        Recipe recipe = Recipe.read(
                dev.cria.base.ReferenceData.repositoryRoot().resolve("recipes/tinyllama-1.1b-v1.1.yaml"), List.of());
        Timeline timeline = Timeline.of(recipe, 2048);
        assertThat(timeline.tokens()).isCloseTo(2_000_000_000_000L, within(20_000_000L));
        assertThat(timeline.stages().getLast().batchSequences())
                .isEqualTo(4 * timeline.stages().getFirst().batchSequences());
    }

    @Test
    void trainsAcrossStagesAndResumesAcrossTheirBorders(@TempDir Path directory) throws Exception {
        Path a = TokenFixture.write(directory.resolve("a"), TokenFixture.sentences(60, 1));
        Path b = TokenFixture.write(directory.resolve("b"), TokenFixture.sentences(40, 2));
        Path whole = directory.resolve("whole");
        SmallRun.Told told = new SmallRun.Told();
        Trainer.run(recipe(a, b), SmallRun.options(whole), told);
        assertThat(History.read(whole.resolve("metrics.jsonl")).steps())
                .extracting(s -> s.stage())
                .containsExactly(
                        "basic",
                        "basic",
                        "basic",
                        "basic",
                        "basic",
                        "basic",
                        "continual",
                        "continual",
                        "continual",
                        "continual",
                        "continual",
                        "cool-down",
                        "cool-down",
                        "cool-down");
        Path parts = directory.resolve("parts");
        for (int i = 0; i < 5; i++) {
            long[] steps = {0};
            Trainer.run(
                    recipe(a, b), SmallRun.resume(parts).withStopRequested(() -> ++steps[0] == 3), new SmallRun.Told());
        }
        assertThat(SmallRun.numbers(parts)).isEqualTo(SmallRun.numbers(whole));
    }

    @Test
    void aLaterStageGoesOnWhereTheEarlierStopped(@TempDir Path directory) throws Exception {
        Path a = TokenFixture.write(directory.resolve("a"), TokenFixture.sentences(60, 1));
        Path b = TokenFixture.write(directory.resolve("b"), TokenFixture.sentences(40, 2));
        Recipe recipe = recipe(a, b);
        Timeline timeline = Timeline.of(recipe, 32);
        try (TrainingData data = TrainingData.open(recipe)) {
            data.arrange(timeline, 1);
            int[] first = new int[33];
            int[] later = new int[33];
            // The whole run reads fewer samples of a than one epoch has: no sample of it may come twice.
            java.util.Set<String> seen = new java.util.HashSet<>();
            for (long i = 0; i < 24; i++) {
                data.samples(0).read(i, first, 0);
                assertThat(seen.add(java.util.Arrays.toString(first))).isTrue();
            }
            for (long i = 0; i < 20; i++) {
                data.samples(1).read(i, later, 0);
                assertThat(seen.add(java.util.Arrays.toString(later))).isTrue();
            }
            assertThat(data.uses(1).getFirst().samples()
                            + data.uses(1).getLast().samples())
                    .isEqualTo(20);
        }
    }

    @Test
    void thePlanSaysWhatTheRunWillCost(@TempDir Path directory) throws Exception {
        Path a = TokenFixture.write(directory.resolve("a"), TokenFixture.sentences(60, 1));
        Path b = TokenFixture.write(directory.resolve("b"), TokenFixture.sentences(40, 2));
        SmallRun.Told told = new SmallRun.Told();
        TrainingResult result = Trainer.run(
                recipe(a, b), SmallRun.options(directory.resolve("run")).withDryRun(true), told);
        assertThat(result.steps()).isZero();
        assertThat(directory.resolve("run")).doesNotExist();
        TrainingPlan plan = told.plans.getFirst();
        assertThat(plan.timeline().steps()).isEqualTo(14);
        assertThat(plan.memory().optimizer()).isEqualTo(2 * plan.memory().parameters());
        assertThat(plan.flopsPerToken()).isEqualTo(plan.config().trainingFlopsPerToken(32));
        assertThat(plan.peakFlops()).isGreaterThan(1e7);
        String text = String.join("\n", plan.render());
        assertThat(text)
                .contains("parameters", "cool-down: steps 12 to 14", "learning rate", "█", "epochs", "FLOP a token");
    }
}
