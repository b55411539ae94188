package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.train.metrics.EvaluationMetrics;
import dev.cria.train.metrics.EvaluationMetrics.Score;
import dev.cria.train.metrics.History;
import dev.cria.train.recipe.Recipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks that are run while a model trains leave the training as it is. */
class EvaluationInTrainingTest {
    private static final String EVAL = "eval={tasks: [a task], every: 6, steps: [3]}";

    @TempDir
    static Path shared;

    static Path data;
    static Path plain;

    /** Looks at the live weights: its score is a logit of the model as it stands. */
    private static final class Probe implements TaskEvaluator {
        final List<Double> seen = new ArrayList<>();

        @Override
        public String description() {
            return "a task: 1 document";
        }

        @Override
        public Optional<List<Score>> measure(LlamaModel model, BooleanSupplier stopRequested) {
            float[] logits = new float[model.config().vocabSize()];
            try (LlamaSession session = model.newSession(8)) {
                session.download(session.forward(new int[] {1, 2, 3}).rows(2, 3), logits);
            }
            seen.add((double) logits[5]);
            return Optional.of(List.of(
                    new Score("a task/acc", logits[5], OptionalDouble.of(0.25), true),
                    new Score("a task/f1", 0.5, OptionalDouble.empty(), false)));
        }
    }

    private static RunOptions options(RunOptions options, TaskEvaluator evaluator) {
        return options.withEvaluators((asked, config, tokenizer) -> evaluator);
    }

    @BeforeAll
    static void trainWithoutTasks() throws Exception {
        data = SmallRun.data(shared);
        plain = shared.resolve("plain");
        Trainer.run(SmallRun.recipe(data), SmallRun.options(plain), new SmallRun.Told());
    }

    @Test
    void scoresLandBesideTheLossesAndChangeNothing(@TempDir Path run) throws Exception {
        Probe probe = new Probe();
        List<Long> told = new ArrayList<>();
        TrainingResult result =
                Trainer.run(SmallRun.recipe(data, EVAL), options(SmallRun.options(run), probe), new SmallRun.Told() {
                    @Override
                    public void onEvaluation(EvaluationMetrics metrics) {
                        told.add(metrics.step());
                    }

                    @Override
                    public void onPlan(TrainingPlan plan) {
                        assertThat(plan.render())
                                .contains(
                                        "evaluation    a task: 1 document, after step 3, every 6 steps and at the end");
                    }
                });
        assertThat(told).containsExactly(3L, 6L, 12L, 18L, 20L);
        assertThat(probe.seen).hasSize(5).doesNotHaveDuplicates();
        assertThat(SmallRun.numbers(run)).isEqualTo(SmallRun.numbers(plain));
        sameCheckpoint(run);
        History history = History.read(run.resolve("metrics.jsonl"));
        assertThat(history.evaluations()).extracting(EvaluationMetrics::step).isEqualTo(told);
        EvaluationMetrics last = history.evaluations().getLast();
        assertThat(result.evaluation()).contains(last);
        assertThat(last.scores().getFirst())
                .isEqualTo(new Score("a task/acc", probe.seen.getLast(), OptionalDouble.of(0.25), true));
        assertThat(last.main()).hasSize(1);
        assertThat(run.resolve("curves.svg")).content().contains("scores").contains("circle");
        byte[] events = Files.readAllBytes(
                Files.list(run.resolve("tensorboard")).findFirst().orElseThrow());
        assertThat(new String(events, StandardCharsets.ISO_8859_1)).contains("eval/a task/acc", "eval/a task/f1");
    }

    @Test
    void aFailingEvaluationIsToldAndTrainingGoesOn(@TempDir Path run) throws Exception {
        SmallRun.Told told = new SmallRun.Told();
        TaskEvaluator failing = new TaskEvaluator() {
            private int times;

            @Override
            public String description() {
                return "";
            }

            @Override
            public Optional<List<Score>> measure(LlamaModel model, BooleanSupplier stopRequested) {
                switch (times++) {
                    case 0 -> throw new UserError("the data has gone", "bring it back");
                    case 1 -> throw new IllegalStateException("a mistake");
                    default -> throw new OutOfMemoryError("no room");
                }
            }
        };
        Trainer.run(SmallRun.recipe(data, EVAL), options(SmallRun.options(run), failing), told);
        assertThat(told.warnings).hasSize(5);
        assertThat(told.warnings.getFirst())
                .isEqualTo("step 3: the tasks could not be run, and training goes on: the data has gone");
        assertThat(told.warnings.get(1)).contains("a mistake");
        assertThat(SmallRun.numbers(run)).isEqualTo(SmallRun.numbers(plain));
        sameCheckpoint(run);
    }

    @Test
    void aStopWhileTasksRunSavesAndIsMadeUpFor(@TempDir Path run) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        TaskEvaluator interrupted = new TaskEvaluator() {
            @Override
            public String description() {
                return "";
            }

            @Override
            public Optional<List<Score>> measure(LlamaModel model, BooleanSupplier stopRequested) {
                stop.set(true);
                assertThat(stopRequested.getAsBoolean()).isTrue();
                return Optional.empty();
            }
        };
        TrainingResult part = Trainer.run(
                SmallRun.recipe(data, "eval={tasks: [a task], steps: [7]}"),
                options(SmallRun.options(run).withStopRequested(stop::get), interrupted),
                new SmallRun.Told());
        assertThat(part.steps()).isEqualTo(7);
        assertThat(part.complete()).isFalse();
        assertThat(part.checkpoint()).contains(run.resolve("checkpoints/step-00000007"));
        Probe probe = new Probe();
        Trainer.run(
                SmallRun.recipe(data, "eval={tasks: [a task], steps: [7]}"),
                options(SmallRun.resume(run), probe),
                new SmallRun.Told());
        assertThat(History.read(run.resolve("metrics.jsonl")).evaluations())
                .extracting(EvaluationMetrics::step)
                .containsExactly(7L, 20L);
        assertThat(SmallRun.numbers(run)).isEqualTo(SmallRun.numbers(plain));
        sameCheckpoint(run);
    }

    @Test
    void whatCannotBeRunIsRefusedBeforeStepZero(@TempDir Path run) {
        Recipe recipe = SmallRun.recipe(data, EVAL);
        assertThatThrownBy(() -> Trainer.run(recipe, SmallRun.options(run), new SmallRun.Told()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("this program cannot run any");
        for (boolean dry : new boolean[] {true, false}) {
            RunOptions refusing = SmallRun.options(run.resolve("new"))
                    .withDryRun(dry)
                    .withEvaluators((a, c, t) -> {
                        throw new UserError("there is no task 'a task'", "");
                    });
            assertThatThrownBy(() -> Trainer.run(recipe, refusing, new SmallRun.Told()))
                    .hasMessage("there is no task 'a task'");
            assertThat(run.resolve("new")).doesNotExist();
        }
    }

    @Test
    void recipesSayWhatIsWrong() {
        assertThat(SmallRun.recipe(data).evaluation().tasks()).isEmpty();
        Recipe recipe = SmallRun.recipe(
                data,
                "eval={tasks: [b, a], data: there, definitions: own.yaml, every: 1K, steps: [5], limit: 9, shots: 0, max_new_tokens: 7}");
        assertThat(Recipe.parse(recipe.toYaml(), "again", List.of())).isEqualTo(recipe);
        for (String[] wrong : new String[][] {
            {"eval={every: 5}", "eval.tasks is missing"},
            {"eval={tasks: a}", "eval.tasks must be a list"},
            {"eval={tasks: [a], steps: [0]}", "'0', which is no step"},
            {"eval={tasks: [a], steps: [1.5]}", "'1.5', which is no step"},
            {"eval={tasks: [a], limit: 0}", "eval.limit"},
            {"eval={tasks: [a], evry: 5}", "eval.evry"},
            {"eval={tasks: ['']}", "empty name"},
        }) {
            assertThatThrownBy(() -> SmallRun.recipe(data, wrong[0]))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining(wrong[1]);
        }
    }

    private static void sameCheckpoint(Path run) {
        for (String file : new String[] {"model.safetensors", "optimizer.safetensors"}) {
            assertThat(run.resolve("checkpoints/step-00000020").resolve(file))
                    .hasSameBinaryContentAs(
                            plain.resolve("checkpoints/step-00000020").resolve(file));
        }
    }
}
