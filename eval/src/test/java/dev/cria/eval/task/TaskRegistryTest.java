package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.UserError;
import dev.cria.eval.metric.Aggregate;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class TaskRegistryTest {
    private static final TaskRegistry REGISTRY = TaskRegistry.builtIn();

    @Test
    void theTasksThatCriaBrings() {
        assertThat(REGISTRY.resolve(List.of("mmlu")).tasks()).hasSize(57);
        assertThat(REGISTRY.resolve(List.of("mmlu")).groups())
                .extracting(TaskGroup::name)
                .containsExactly("mmlu", "mmlu_stem", "mmlu_other", "mmlu_social_sciences", "mmlu_humanities");
        assertThat(REGISTRY.groups().get("mmlu_stem").members()).hasSize(19);
        assertThat(REGISTRY.groups().get("mmlu_humanities").members()).hasSize(13);
        for (String group : List.of("bbh", "bbh_fewshot", "bbh_cot_fewshot", "instruct_eval_bbh")) {
            assertThat(REGISTRY.resolve(List.of(group)).tasks()).hasSize(27);
        }
        assertThat(REGISTRY.resolve(List.of("instruct_eval_mmlu")).tasks()).hasSize(57);
        assertThat(REGISTRY.resolve(List.of("tinyllama_commonsense")).tasks())
                .extracting(Task::name)
                .containsExactly("hellaswag", "openbookqa", "winogrande", "arc_challenge", "arc_easy", "boolq", "piqa");
        assertThat(REGISTRY.resolve(List.of("tinyllama_problem_solving")).tasks())
                .hasSize(57 + 27 + 2);
        assertThat(REGISTRY.find("mmlu_anatomy").shots()).isEqualTo(5);
        assertThat(REGISTRY.find("bbh_fewshot_navigate").shots()).isEqualTo(3);
        assertThat(REGISTRY.find("drop").shots()).isEqualTo(3);
        assertThat(REGISTRY.find("humaneval").shots()).isZero();
        assertThat(REGISTRY.find("boolq").version()).isEqualTo(2);
    }

    @Test
    void namesThatAreNearAreHints() {
        assertThatThrownBy(() -> REGISTRY.resolve(List.of("piqa", "arc_eazy")))
                .isInstanceOf(UserError.class)
                .hasMessage("there is no task or group named arc_eazy")
                .satisfies(error -> assertThat(((UserError) error).hint()).startsWith("did you mean arc_easy?"));
        assertThatThrownBy(() -> REGISTRY.find("mmlu")).hasMessageContaining("is a group of tasks");
        assertThatThrownBy(() -> REGISTRY.resolve(List.of())).isInstanceOf(UserError.class);
    }

    private static Aggregate value(double value, int documents) {
        return new Aggregate(value, OptionalDouble.of(0.1), documents);
    }

    private static double average(String group, Map<String, Map<String, Aggregate>> values) {
        TaskGroup found = REGISTRY.groups().get(group);
        return new GroupAverage(REGISTRY.tasks(), REGISTRY.groups(), values)
                .of(found, found.metrics().getFirst())
                .orElseThrow()
                .value();
    }

    /** The published row of the checkpoint after 3T tokens. */
    @Test
    void tinyLlamasAverageTakesEachTasksOwnMetric() {
        Map<String, Map<String, Aggregate>> values = new LinkedHashMap<>();
        Map<String, Double> published = Map.of(
                "hellaswag",
                59.20,
                "openbookqa",
                36.00,
                "winogrande",
                59.12,
                "arc_challenge",
                30.12,
                "arc_easy",
                55.25,
                "boolq",
                57.83,
                "piqa",
                73.29);
        published.forEach((task, score) -> {
            boolean normalized = !task.equals("winogrande") && !task.equals("boolq");
            Map<String, Aggregate> metrics = new HashMap<>();
            metrics.put("acc", value(normalized ? 1 : score, 100));
            metrics.put("acc_norm", value(normalized ? score : 1, 100));
            values.put(task, metrics);
        });
        assertThat(average("tinyllama_commonsense", values)).isEqualTo(52.97, within(0.005));
        values.remove("piqa");
        TaskGroup group = REGISTRY.groups().get("tinyllama_commonsense");
        assertThat(new GroupAverage(REGISTRY.tasks(), REGISTRY.groups(), values).of(group, "average"))
                .isEmpty();
    }

    @Test
    void mmluWeighsByDocumentsAndBigBenchHardInInstructEvalByTasks() {
        Map<String, Map<String, Aggregate>> values = new LinkedHashMap<>();
        values.put("mmlu_anatomy", Map.of("acc", value(0.5, 100)));
        values.put("mmlu_virology", Map.of("acc", value(0.2, 300)));
        values.put("instruct_eval_bbh_navigate", Map.of("acc", value(0.5, 100)));
        values.put("instruct_eval_bbh_snarks", Map.of("acc", value(0.2, 300)));
        assertThat(average("mmlu", values)).isEqualTo(0.275, within(1e-12));
        assertThat(average("mmlu_stem", values)).isEqualTo(0.5);
        assertThat(average("instruct_eval_bbh", values)).isEqualTo(0.35, within(1e-12));
    }

    @Test
    void problemSolvingIsTheMeanOfFourFigures() {
        Map<String, Map<String, Aggregate>> values = new LinkedHashMap<>();
        values.put("instruct_eval_mmlu_anatomy", Map.of("acc", value(0.3, 100)));
        values.put("instruct_eval_mmlu_virology", Map.of("acc", value(0.1, 300)));
        values.put("instruct_eval_bbh_navigate", Map.of("acc", value(0.25, 100)));
        values.put("instruct_eval_drop", Map.of("acc", value(0.2, 100)));
        values.put("instruct_eval_humaneval", Map.of("pass@1", value(0.1, 164)));
        assertThat(average("tinyllama_problem_solving", values))
                .isEqualTo((0.15 + 0.25 + 0.2 + 0.1) / 4, within(1e-12));
    }
}
