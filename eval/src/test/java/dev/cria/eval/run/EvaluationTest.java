package dev.cria.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.eval.task.MultipleChoiceRequest;
import dev.cria.eval.task.Request;
import dev.cria.eval.task.Selection;
import dev.cria.eval.task.Task;
import dev.cria.eval.task.TaskData;
import dev.cria.model.LlamaModel;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What an evaluation does when it is interrupted, batched otherwise, or given what it cannot run. */
class EvaluationTest {
    private static final EvaluationOptions OPTIONS =
            EvaluationOptions.defaults().withMaxNewTokens(OptionalInt.of(6));

    @TempDir
    private Path directory;

    private List<Task> tasks() throws Exception {
        return List.of(
                GoldenTask.first("winogrande", 6),
                GoldenTask.first("boolq", 2),
                GoldenTask.first("arc_easy", 8),
                GoldenTask.first("bbh_fewshot/navigate", 2));
    }

    private EvaluationResult run(
            List<Task> tasks, EvaluationOptions options, int threads, Optional<Path> log, EvaluationListener listener)
            throws Exception {
        try (Device device = CpuDevice.open(new CpuOptions(threads, Precision.F32, Tier.NATIVE));
                LlamaModel model = LlamaModel.load(ReferenceData.require("golden/stories260k-hf"), device)) {
            return new Evaluation(model, "stories", model.tokenizer().orElseThrow(), options, Optional.empty())
                    .run(new Selection(tasks, List.of()), TaskData.in(directory), log, listener);
        }
    }

    private Path log() {
        return directory.resolve("log.jsonl");
    }

    private byte[] logged(EvaluationOptions options, int threads) throws Exception {
        run(tasks(), options, threads, Optional.of(log()), EvaluationListener.none());
        return Files.readAllBytes(log());
    }

    @Test
    void theLogHasTheSameBytesWhateverBatchesAndThreads() throws Exception {
        byte[] expected = logged(OPTIONS, 2);
        for (int batch : new int[] {1, 600}) {
            for (int threads : new int[] {1, 3}) {
                Files.delete(log());
                assertThat(logged(OPTIONS.withBatchTokens(batch), threads)).isEqualTo(expected);
            }
        }
    }

    /** A kill may come at any byte of the log. */
    @Test
    void goesOnFromWhereverItWasKilled() throws Exception {
        byte[] expected = logged(OPTIONS, 2);
        int header = new String(expected, StandardCharsets.UTF_8).indexOf('\n') + 1;
        for (int cut : new int[] {0, 9, header, header + 30, expected.length / 2, expected.length - 1}) {
            Files.write(log(), Arrays.copyOf(expected, cut));
            assertThat(logged(OPTIONS, 2)).isEqualTo(expected);
        }
    }

    @Test
    void whatIsInTheLogIsNotRunAgain() throws Exception {
        EvaluationResult whole = run(tasks(), OPTIONS, 2, Optional.of(log()), EvaluationListener.none());
        List<EvaluationListener.Progress> heard = new ArrayList<>();
        EvaluationResult again = run(tasks(), OPTIONS, 2, Optional.of(log()), heard::add);
        assertThat(heard).hasSize(4);
        assertThat(heard.getLast().fromLog()).isEqualTo(18);
        assertThat(again.tasks()).isEqualTo(whole.tasks());
        EvaluationResult withoutLog = run(tasks(), OPTIONS, 2, Optional.empty(), EvaluationListener.none());
        assertThat(withoutLog.tasks()).isEqualTo(whole.tasks());
        // A larger limit needs no new log.
        Files.delete(log());
        run(tasks(), OPTIONS.withLimit(OptionalInt.of(2)), 2, Optional.of(log()), EvaluationListener.none());
        EvaluationResult grown = run(tasks(), OPTIONS, 2, Optional.of(log()), EvaluationListener.none());
        assertThat(grown.tasks()).isEqualTo(whole.tasks());
    }

    @Test
    void refusesALogOfSomethingElse() throws Exception {
        byte[] whole = logged(OPTIONS, 2);
        refused(OPTIONS.withBos(false), "with bos true, and this one has false");
        refused(OPTIONS.withShots(OptionalInt.of(3)), "with shots as the tasks say, and this one has 3");
        Files.writeString(
                log(), new String(whole, StandardCharsets.UTF_8).replaceFirst("\"model\":\"....", "\"model\":\"aaaa"));
        refused(OPTIONS, "with model aaaa");
        Files.writeString(log(), "{\"hello\": 1}\n");
        refused(OPTIONS, "is no log of an evaluation");
        Files.writeString(
                log(), new String(whole, StandardCharsets.UTF_8).replaceFirst("\"doc\":3,", "\"doc\":\"3\","));
        refused(OPTIONS, "has a damaged line");
        assertThat(log()).content().contains("\"doc\":\"3\"");
        Files.write(log(), whole);
        List<Task> changed = new ArrayList<>(tasks());
        GoldenTask last = (GoldenTask) changed.removeLast();
        changed.add(new GoldenTask(last.name(), last.all(), 2));
        assertThatThrownBy(() -> run(changed, OPTIONS, 1, Optional.of(log()), EvaluationListener.none()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("holds another request for document 0 of bbh_fewshot/navigate");
    }

    private void refused(EvaluationOptions options, String why) {
        assertThatThrownBy(() -> run(tasks(), options, 1, Optional.of(log()), EvaluationListener.none()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(log().toString())
                .hasMessageContaining(why);
    }

    @Test
    void refusesWhatCannotBeRun() throws Exception {
        String longText = "word ".repeat(600);
        Request tooLong = new MultipleChoiceRequest(
                7, List.of("a", "a"), List.of(" b", longText), 0, new int[] {1, 1}, new int[] {1, 1});
        assertThatThrownBy(() -> run(
                        List.of(new GoldenTask("mine", List.of(tooLong), 1)),
                        OPTIONS,
                        1,
                        Optional.empty(),
                        EvaluationListener.none()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("document 7 of mine, choice 2: the continuation has");
        assertThatThrownBy(() -> run(
                        List.of(GoldenTask.first("humaneval", 1)),
                        EvaluationOptions.defaults(),
                        1,
                        Optional.empty(),
                        EvaluationListener.none()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("asks for up to 1024 new tokens, and the model's context holds 512");
        assertThatThrownBy(() -> run(
                        List.of(new GoldenTask("none", List.of(), 1)),
                        OPTIONS,
                        1,
                        Optional.empty(),
                        EvaluationListener.none()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("the data of none has no documents");
        assertThatThrownBy(() -> run(
                        tasks(),
                        OPTIONS.withContextLength(OptionalInt.of(513)),
                        1,
                        Optional.empty(),
                        EvaluationListener.none()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("513");
    }

    /** The harness's rule: what does not fit goes from the left of the context, and a choice stays whole. */
    @Test
    void aDocumentLongerThanTheContextLosesItsBeginning() throws Exception {
        String context = "word ".repeat(700) + "end";
        Request request = new MultipleChoiceRequest(
                0, List.of(context, context), List.of(" yes", " no"), 0, new int[] {3, 2}, new int[] {3, 2});
        run(
                List.of(new GoldenTask("mine", List.of(request), 1)),
                OPTIONS,
                1,
                Optional.of(log()),
                EvaluationListener.none());
        String line = Files.readAllLines(log()).getLast();
        DocumentResult.Choices choices =
                (DocumentResult.Choices) DocumentJson.read(JsonMapper.shared().readTree(line))
                        .orElseThrow()
                        .outcome();
        for (DocumentResult.Choice choice : choices.choices()) {
            assertThat(choice.contextTokens()).isGreaterThan(700);
            assertThat(choice.contextTokensKept()).isEqualTo(513 - choice.tokens());
        }
    }
}
