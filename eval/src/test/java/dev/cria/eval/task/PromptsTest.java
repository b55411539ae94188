package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.eval.metric.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptsTest {
    @TempDir
    Path folder;

    /** InstructEval: while the prompt is too long, its last example goes; the question stays in any case. */
    @Test
    void theLastExamplesAreDroppedWhileThePromptIsTooLong() throws IOException {
        new TestTasks(folder)
                .write(
                        "bbh/navigate.jsonl",
                        "{\"input\":\"one\",\"target\":\"1\"}",
                        "{\"input\":\"two\",\"target\":\"2\"}",
                        "{\"input\":\"three\",\"target\":\"3\"}",
                        "{\"input\":\"four\",\"target\":\"4\"}");
        Task task = TaskRegistry.builtIn().find("instruct_eval_bbh_navigate");
        String whole = "one\nAnswer: 1\n\ntwo\nAnswer: 2\n\nthree\nAnswer: 3\n\nfour\nAnswer:";
        assertThat(context(task, text -> 2048)).isEqualTo(whole);
        assertThat(context(task, text -> text.contains("three") ? 2049 : 9))
                .isEqualTo("one\nAnswer: 1\n\ntwo\nAnswer: 2\n\nfour\nAnswer:");
        assertThat(context(task, text -> 5000)).isEqualTo("four\nAnswer:");
        assertThat(task.requests(TaskData.in(folder), 3, OptionalInt.empty()))
                .extracting(request -> ((GenerationRequest) request).context())
                .containsExactly(whole);
    }

    private String context(Task task, TokenCounter counter) {
        List<Request> requests = task.requests(TaskData.in(folder), 3, OptionalInt.empty(), Optional.of(counter));
        return ((GenerationRequest) requests.getFirst()).context();
    }

    /** The harness leaves an empty text out, and with it what stands around it; an empty choice it does not. */
    @Test
    void examplesWithoutAnAnswer() throws IOException {
        String arc =
                "{\"question\":\"q\",\"choices\":{\"text\":[\"\",\"b\"],\"label\":[\"A\",\"B\"]},\"answerKey\":\"A\"}";
        String blank = "{\"sentence\":\"The _ \",\"option1\":\"sun\",\"option2\":\"moon\",\"answer\":\"2\"}";
        String asked = "{\"sentence\":\"A _ it.\",\"option1\":\"x\",\"option2\":\"y\",\"answer\":\"1\"}";
        TestTasks tasks = new TestTasks(folder)
                .write("arc_easy.train.jsonl", arc)
                .write("arc_easy.jsonl", TestTasks.ARC_ROW)
                .write("winogrande.train.jsonl", blank, blank)
                .write("winogrande.jsonl", asked);
        assertThat(tasks.choices("arc_easy", 1).getFirst().contexts().getFirst())
                .isEqualTo("Question: q\nAnswer: \n\nQuestion: What burns?\nAnswer:");
        assertThat(tasks.choices("winogrande", 1).getFirst().contexts()).containsExactly("The moonA x", "The moonA y");
    }

    /** Made-up texts, cleaned once by the harness. */
    @Test
    void hellaSwagsMarksGo() {
        Map.of(
                        "  [header] How to dye [title] Pick a colour. [step] Go  on   now. ",
                        " How to dye. Pick a colour. Go on  now.",
                        "a [b\nc] d",
                        "a [b\nc] d",
                        "a [b\u2028c] d",
                        "a d",
                        "[x][y]z  ",
                        "z",
                        " [title] [title]",
                        ". ",
                        "x [substeps] y [title]z\u00a0",
                        "x y. z")
                .forEach((text, cleaned) ->
                        assertThat(TextCleaning.BRACKETS.clean(text)).isEqualTo(cleaned));
    }

    @Test
    void filtersTakeTheFirstGroupThatIsNotEmpty() {
        TextFilter.Find several = new TextFilter.Find(Pattern.compile("a(b*)(c*)"), 0, "[invalid]");
        assertThat(several.apply("xacc")).isEqualTo("cc");
        assertThat(several.apply("xabb acc")).isEqualTo("bb");
        assertThat(several.apply("a")).isEqualTo("[invalid]");
        assertThat(several.apply("none")).isEqualTo("[invalid]");
        TextFilter.Find last = new TextFilter.Find(Pattern.compile("[0-9]+ "), -1, "none");
        assertThat(last.apply("1 2 3 ")).isEqualTo("3");
        assertThat(last.apply("")).isEqualTo("none");
        assertThat(new TextFilter.Find(Pattern.compile("a(b)?"), 0, "x").apply("a"))
                .isEmpty();
    }

    @Test
    void outcomesMustFitTheirRequests() throws IOException {
        Task task = TaskRegistry.builtIn().find("arc_easy");
        Request request = new TestTasks(folder)
                .write("arc_easy.jsonl", TestTasks.ARC_ROW)
                .ask("arc_easy", 0)
                .getFirst();
        assertThat(task.score(request, new Outcome.Choices(new double[] {-3, -3.9, -4}, new boolean[3]))
                        .values())
                .containsExactly(Map.entry("acc", 0.0), Map.entry("acc_norm", 1.0));
        assertThatThrownBy(() -> task.score(request, new Outcome.Texts(List.of("wood"))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        task.score(request, new Outcome.Choices(new double[] {-1, Double.NaN, -2}, new boolean[3])))
                .isInstanceOf(UserError.class)
                .hasMessage("arc_easy, document 0: the log-likelihood of choice 1 is NaN");
        Task programs = TaskRegistry.builtIn().find("humaneval");
        GenerationRequest program =
                new GenerationRequest(0, "", List.of(), 1, 0, new Gold.Program("def f():\n", "check(f)"));
        assertThat(programs.score(program, new Outcome.Programs(1, 1)).values())
                .containsExactly(Map.entry("pass@1", 1.0));
        assertThat(programs.metrics()).containsExactly(new MetricInfo("pass@1", "create_test", true));
        assertThatThrownBy(() -> programs.score(program, new Outcome.Texts(List.of(""))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(((Gold.Program) program.gold()).whole(programs.filtered(program, "    pass")))
                .isEqualTo("def f():\n    pass\ncheck(f)");
    }
}
