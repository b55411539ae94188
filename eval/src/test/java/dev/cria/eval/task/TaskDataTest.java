package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskDataTest {
    @TempDir
    Path folder;

    private TestTasks tasks;

    @BeforeEach
    void folder() {
        tasks = new TestTasks(folder);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arc_easy.jsonl",
                "arc_easy.json",
                "arc_easy.test.jsonl",
                "arc_easy/test.jsonl",
                "arc_easy/test-00000-of-00001.jsonl",
                "allenai/ai2_arc/ARC-Easy/test.jsonl",
                "ai2_arc/ARC-Easy/test-00000-of-00001.jsonl",
                "ai2_arc/data/test.jsonl",
                "ai2_arc/test.jsonl"
            })
    void rowsAreFoundUnderEachName(String name) throws IOException {
        tasks.write(name, TestTasks.ARC_ROW);
        assertThat(tasks.ask("arc_easy", 0)).hasSize(1);
    }

    @Test
    void partsAreReadInOrder() throws IOException {
        for (int part = 0; part < 3; part++) {
            tasks.write(
                    "piqa/validation-0000" + part + "-of-00003.jsonl",
                    "{\"goal\":\"" + part + "\",\"sol1\":\"a\",\"sol2\":\"b\",\"label\":1}");
        }
        assertThat(tasks.choices("piqa", 0))
                .extracting(request -> request.contexts().getFirst())
                .containsExactly("Question: 0\nAnswer:", "Question: 1\nAnswer:", "Question: 2\nAnswer:");
        assertThat(tasks.choices("piqa", 0))
                .extracting(MultipleChoiceRequest::doc)
                .containsExactly(0, 1, 2);
    }

    @Test
    void parquetGivesWhatJsonGives() throws IOException {
        Path test = Files.createDirectories(folder.resolve("ai2_arc/ARC-Challenge"));
        try (InputStream in = TaskDataTest.class.getResourceAsStream("/arc.parquet")) {
            Files.write(test.resolve("test-00000-of-00001.parquet"), in.readAllBytes());
        }
        tasks.write(
                "arc_easy.jsonl",
                "{\"question\":\"Which is red?\",\"choices\":{\"text\":[\"a rose\",\"the sea\",\"grass\"],"
                        + "\"label\":[\"1\",\"2\",\"3\"]},\"answerKey\":\"1\"}",
                "{\"question\":\"Größer als eins?\",\"choices\":{\"text\":[\"zwei\",\"null\",\"ein halb\",\"minus drei\",\"0.1\"],"
                        + "\"label\":[\"A\",\"B\",\"C\",\"D\",\"E\"]},\"answerKey\":\"E\"}");
        List<MultipleChoiceRequest> json = tasks.choices("arc_easy", 0);
        List<MultipleChoiceRequest> parquet = tasks.choices("arc_challenge", 0);
        assertThat(parquet).hasSize(2);
        assertThat(parquet.get(1).gold()).isEqualTo(4);
        assertThat(parquet.get(0).continuations()).containsExactly(" a rose", " the sea", " grass");
        for (int i = 0; i < 2; i++) {
            assertThat(parquet.get(i)).usingRecursiveComparison().isEqualTo(json.get(i));
        }
    }

    @Test
    void theFirstFolderThatHasASplitGivesIt() throws IOException {
        Path second = folder.resolve("second");
        new TestTasks(second).write("arc_easy.jsonl", TestTasks.ARC_ROW, TestTasks.ARC_ROW);
        TaskData data = TaskData.in(List.of(folder.resolve("first"), second));
        Task task = TaskRegistry.builtIn().find("arc_easy");
        assertThat(task.requests(data, 0, OptionalInt.empty())).hasSize(2);
        assertThat(task.available(data, 0)).isEqualTo(2);
        new TestTasks(folder.resolve("first")).write("arc_easy.jsonl", TestTasks.ARC_ROW);
        assertThat(task.requests(data, 0, OptionalInt.empty())).hasSize(1);
    }

    /** The repository of BIG-Bench Hard as its authors publish it: one JSON object a task, and worked examples as text. */
    @Test
    void bigBenchHardAsPublished() throws IOException {
        tasks.write(
                "bbh/navigate.json",
                "{\"canary\":\"no\",\"examples\":[{\"input\":\"Go.\\nBack?\",\"target\":\"No\"},{\"input\":\"Stay.\",\"target\":\"Yes\"}]}");
        tasks.write(
                "cot-prompts/navigate.txt",
                "canary",
                "-----",
                "About.",
                "",
                "Q: One step?",
                "Options:",
                "- Yes",
                "A: Let's think step by step.",
                "First.",
                "Then. So the answer is No.",
                "",
                "Q: None?",
                "A: Let's think step by step. Nobody moved. So the answer is Yes.");
        Path file = folder.resolve("cot-prompts/navigate.txt");
        Files.writeString(file, Files.readString(file).stripTrailing());
        GenerationRequest direct =
                (GenerationRequest) tasks.ask("bbh_fewshot_navigate", 2).getFirst();
        String about =
                "Given a series of navigation instructions, determine whether one would end up back at the starting point.\n\n";
        assertThat(direct.context())
                .isEqualTo(about + "Q: One step?\nOptions:\n- Yes\nA: No\n\nQ: None?\nA: Yes\n\nQ: Go.\nBack?\nA:");
        assertThat(direct.gold()).isEqualTo(new Gold.Text("No"));
        GenerationRequest chain =
                (GenerationRequest) tasks.ask("bbh_cot_fewshot_navigate", 2).get(1);
        assertThat(chain.context())
                .isEqualTo(about
                        + "Q: One step?\nOptions:\n- Yes\nA: Let's think step by step.\nFirst.\nThen. So the answer is No.\n\n"
                        + "Q: None?\nA: Let's think step by step.\nNobody moved. So the answer is Yes.\n\n"
                        + "Q: Stay.\nA: Let's think step by step.\n");
    }
}
