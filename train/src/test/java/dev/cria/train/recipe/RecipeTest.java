package dev.cria.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.train.recipe.Recipe.Policy;
import dev.cria.train.recipe.Recipe.Precision;
import dev.cria.train.recipe.Recipe.ScheduleKind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {
    private static final String SMALL = """
            model:
              preset: 15m
            tokenizer: tok
            data:
              - path: data/a
                weight: 0.7
              - path: data/b
                weight: 0.3
            training:
              micro_batch: 4
              steps: 100
              batch_sequences: 16
            schedule:
              warmup_steps: 10
              peak: 2e-3
            """;

    @Test
    void readsSectionsAndFillsInDefaults() {
        Recipe recipe = Recipe.parse(SMALL, "r.yaml", List.of());
        assertThat(recipe.model().preset()).isEqualTo("15m");
        assertThat(recipe.tokenizer()).contains("tok");
        assertThat(recipe.training().microBatch()).isEqualTo(4);
        assertThat(recipe.training().precision()).isEqualTo(Precision.F32);
        assertThat(recipe.schedule().kind()).isEqualTo(ScheduleKind.COSINE);
        assertThat(recipe.schedule().peak()).isEqualTo(2e-3);
        assertThat(recipe.schedule().minimum()).isEqualTo(4e-5);
        assertThat(recipe.optimizer().beta2()).isEqualTo(0.95);
        assertThat(recipe.safety().onNan()).isEqualTo(Policy.STOP);
        assertThat(recipe.stages()).hasSize(1);
        assertThat(recipe.stages().getFirst().length()).isEqualTo(new Recipe.Length(100, false));
        assertThat(recipe.stages().getFirst().data())
                .containsExactly(new Recipe.Data("data/a", 0.7), new Recipe.Data("data/b", 0.3));
    }

    @Test
    void numbersMayCarryUnits() {
        Recipe recipe = Recipe.parse("""
                model: {preset: tinyllama-1.1b}
                data: [{path: d}]
                training: {tokens: 1.5T, batch_tokens: 2_097_152}
                """, "r.yaml", List.of());
        assertThat(recipe.stages().getFirst().length()).isEqualTo(new Recipe.Length(1_500_000_000_000L, true));
        assertThat(recipe.stages().getFirst().batch()).isEqualTo(new Recipe.Batch(2_097_152, true));
    }

    @Test
    void stagesTakeWhatTheyDoNotSayFromTheTop() {
        Recipe recipe = Recipe.parse("""
                model: {preset: 15m}
                data: [{path: d}]
                training: {batch_sequences: 8}
                stages:
                  - {name: basic, tokens: 1M}
                  - name: cool-down
                    steps: 10
                    batch_sequences: 32
                    data: [{path: e}]
                    schedule: {kind: linear, peak: 1e-4, minimum: 0, warmup_steps: 0}
                """, "r.yaml", List.of());
        assertThat(recipe.stages().get(0).batch().amount()).isEqualTo(8);
        assertThat(recipe.stages().get(0).data().getFirst().path()).isEqualTo("d");
        assertThat(recipe.stages().get(0).schedule()).isEmpty();
        assertThat(recipe.stages().get(1).batch().amount()).isEqualTo(32);
        assertThat(recipe.stages().get(1).data().getFirst().path()).isEqualTo("e");
        assertThat(recipe.stages().get(1).schedule().orElseThrow().kind()).isEqualTo(ScheduleKind.LINEAR);
    }

    @Test
    void settingsReplaceAddAndReachIntoLists() {
        Recipe recipe = Recipe.parse(
                SMALL,
                "r.yaml",
                List.of(
                        "training.micro_batch=2",
                        "data.1.path=data/c",
                        "optimizer.decay=all",
                        "checkpoint.keep_every=5K"));
        assertThat(recipe.training().microBatch()).isEqualTo(2);
        assertThat(recipe.stages().getFirst().data().get(1).path()).isEqualTo("data/c");
        assertThat(recipe.optimizer().decay()).isEqualTo(Recipe.Decay.ALL);
        assertThat(recipe.checkpoint().keepEvery()).isEqualTo(5000);
        assertThat(Recipe.parse(SMALL, "r.yaml", List.of("data=[{path: z}]"))
                        .stages()
                        .getFirst()
                        .data())
                .containsExactly(new Recipe.Data("z", 1));
    }

    @Test
    void theEffectiveRecipeReadsBackEqual() {
        Recipe recipe = Recipe.parse(
                SMALL,
                "r.yaml",
                List.of(
                        "schedule.kind=wsd",
                        "schedule.decay_steps=20",
                        "model.layers=3",
                        "model.tie_word_embeddings=false",
                        "training.seed=-7",
                        "checkpoint.directory=\"true\"",
                        "optimizer.epsilon=1e-10"));
        assertThat(Recipe.parse(recipe.toYaml(), "written", List.of())).isEqualTo(recipe);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        training.micro_bach=8        | --set: unknown key training.micro_bach            | did you mean micro_batch?
        trainign.micro_batch=8       | --set: unknown key trainign                       | did you mean training?
        training.micro_batch=0       | --set: training.micro_batch is 0, out of range    | allowed: 1 to 65536
        training.micro_batch=2.5     | training.micro_batch is 2.5, which is no whole    |
        training.micro_batch=many    | training.micro_batch is 'many', which is no number|
        training.precision=bf61      | training.precision is 'bf61'                      | did you mean bf16? allowed: f32, bf16, fp8, auto
        optimizer.beta2=1.5          | optimizer.beta2 is 1.5, out of range              | allowed: 0.0 to
        optimizer.weight_decay=-1    | optimizer.weight_decay is -1.0, out of range      |
        optimizer.clip=NaN           | optimizer.clip is 'NaN', which is no number       |
        schedule.minimum=1           | schedule.minimum is 1.0, above the peak of 0.002  |
        schedule.decay_steps=9       | schedule.decay_steps belongs to kind wsd only     |
        training.tokens=5M           | training.tokens cannot stand beside steps         | keep one
        training.batch_tokens=5M     | training.batch_tokens cannot stand beside         |
        data.0.wieght=2              | unknown key data.0.wieght                         | did you mean weight?
        data.7.weight=2              | data has no entry 7                               | there are 2
        data.1.path=data/a           | data.1.path is in this list already               |
        data=[]                      | data is missing                                   |
        data=x                       | data must be a list                               |
        model={}                     | model.preset is missing                           |
        training=3                   | training must be a section                        |
        logging.tensorboard=perhaps  | logging.tensorboard is 'perhaps'                  | allowed: true, false
        training.seed=1e99           | training.seed is                                  |
        training.micro_batch=[       | the value is not readable as YAML                 |
        novalue                      | expected key.path=value                           |
        """)
    void refusesWithTheKeyAndAHint(String setting, String message, String hint) {
        assertThatThrownBy(() -> Recipe.parse(SMALL, "r.yaml", List.of(setting)))
                .isInstanceOfSatisfying(UserError.class, e -> {
                    assertThat(e.what()).contains(message);
                    assertThat(e.exitCode()).isEqualTo(2);
                    if (hint != null) {
                        assertThat(e.hint()).contains(hint);
                    }
                });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        micro_batch: 4    | micro_bach: 4  | r.yaml line 10: unknown key training.micro_bach
        weight: 0.3       | wait: 0.3      | r.yaml line 8: unknown key data.1.wait
        peak: 2e-3        | peak: 2000     | r.yaml line 15: schedule.peak is 2000.0, out of range
        peak: 2e-3        | warmup_steps: 1| r.yaml line 15
        preset: 15m       | preset: [1     | not readable as YAML
        """)
    void namesTheLine(String right, String wrong, String message) {
        assertThatThrownBy(() -> Recipe.parse(SMALL.replace(right, wrong), "r.yaml", List.of()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesWhatIsNoMapping() {
        assertThatThrownBy(() -> Recipe.parse("- a\n", "r.yaml", List.of())).hasMessageContaining("mapping");
        assertThatThrownBy(() -> Recipe.parse("", "r.yaml", List.of())).hasMessageContaining("preset is missing");
        assertThatThrownBy(() -> Recipe.parse(SMALL + "---\na: 1\n", "r.yaml", List.of()))
                .hasMessageContaining("second YAML document");
    }
}
