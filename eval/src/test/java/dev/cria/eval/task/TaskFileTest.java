package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tasks that users write. */
class TaskFileTest {
    private static final String TASK = """
            task:
              name: colours
              version: 2
              kind: multiple_choice
              data: {files: colours, split: test}
              shots: {count: 1, split: train, choice: first}
              fields: {thing: text, colour: whole}
              description: "Name the colour.\\n"
              prompt: "{{thing}} is"
              choices: [red, "{{'blue'|upper}}"]
              gold: {index: colour}
              metrics: [acc, acc_bytes]
            """;

    @TempDir
    Path folder;

    private TaskRegistry with(String yaml) throws IOException {
        return TaskRegistry.builtIn().with(Files.writeString(folder.resolve("mine.yaml"), yaml));
    }

    @Test
    void aTaskOfOnesOwn() throws IOException {
        Task task = with(TASK).find("colours");
        new TestTasks(folder)
                .write("colours.test.jsonl", "{\"thing\":\"The sky\",\"colour\":1}")
                .write("colours.train.jsonl", "{\"thing\":\"A rose\",\"colour\":0}");
        MultipleChoiceRequest request =
                (MultipleChoiceRequest) task.requests(TaskData.in(folder), task.shots(), OptionalInt.empty())
                        .getFirst();
        assertThat(request.contexts().getFirst()).isEqualTo("Name the colour.\nA rose is red\n\nThe sky is");
        assertThat(request.continuations()).containsExactly(" red", " BLUE");
        assertThat(request.gold()).isEqualTo(1);
        assertThat(task.metrics())
                .containsExactly(new MetricInfo("acc", "none", true), new MetricInfo("acc_bytes", "none", false));
        assertThat(task.version()).isEqualTo(2);
    }

    @Test
    void aFolderOfFilesAndFamilies() throws IOException {
        Files.writeString(folder.resolve("b.yml"), "groups: [{name: all, members: [east, piqa]}]\n");
        Files.writeString(folder.resolve("a.yaml"), """
                family:
                  - {side: [east, west], length: 3}
                  - {side: north, length: 9}
                task:
                  name: ${side}
                  groups: [sides]
                  version: 1
                  kind: generation
                  data: {files: "${side}/rows", split: test}
                  fields: {q: text}
                  prompt: "{{q}}"
                  gold: {text: "${side}"}
                  generation: {max_tokens: "${length}"}
                  metrics: [exact_match]
                groups:
                  - {name: sides, metrics: [exact_match], weighted: false}
                """);
        Files.writeString(folder.resolve("notes.txt"), "not a task");
        TaskRegistry registry = TaskRegistry.builtIn().with(folder);
        assertThat(registry.groups().get("sides").members()).containsExactly("east", "west", "north");
        Selection selection = registry.resolve(List.of("north", "all", "sides"));
        assertThat(selection.tasks()).extracting(Task::name).containsExactly("north", "east", "piqa", "west");
        assertThat(selection.groups()).extracting(TaskGroup::name).containsExactlyInAnyOrder("all", "sides");
        new TestTasks(folder).write("north/rows.jsonl", "{\"q\":\"?\"}");
        GenerationRequest request = (GenerationRequest) registry.find("north")
                .requests(TaskData.in(folder), 0, OptionalInt.empty())
                .getFirst();
        assertThat(request.maxTokens()).isEqualTo(9);
        assertThat(request.gold()).isEqualTo(new Gold.Text("north"));
    }

    @Test
    void aTaskOfTheSameNameIsReplaced() throws IOException {
        assertThat(with(TASK.replace("colours\n", "piqa\n")).find("piqa").version())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', textBlock = """
            version: 2; versoin: 2; line 1: task.version is missing
            `metrics: [acc, acc_bytes]`; metrics: [acc]\\n  metrcis: [acc]; line 13: unknown key task.metrcis
            version: 2; version: two; line 3: task.version is 'two', which is no number
            kind: multiple_choice; kind: choices; line 4: task.kind is 'choices'
            kind: multiple_choice; x: y; line 1: task.kind is missing
            `fields: {thing: text, colour: whole}`; fields: {thing: number}; line 7: task.fields.thing is 'number'
            `fields: {thing: text, colour: whole}`; fields: {}; task.fields is missing
            `data: {files: colours, split: test}`; data: {files: colours}; line 5: task.data.split is missing
            `data: {files: colours, split: test}`; data: colours; line 5: task.data must be a section of keys
            `prompt: "{{thing}} is"`; prompt: "{{thing is"; line 9: prompt template
            `prompt: "{{thing}} is"`; prompt: [a]; line 9: task.prompt must be one value
            `prompt: "{{thing}} is"`; ending: "x"\\n  prompt: "y"; task.prompt stands beside ending
            `gold: {index: colour}`; gold: {text: colour}; line 11: task.gold does not fit a task of kind multiple_choice
            `gold: {index: colour}`; gold: {indx: colour}; line 11: task.gold does not say where the right answer is
            `gold: {index: colour}`; gold: {index: colour, among: x}; unknown key task.gold.among
            `gold: {index: colour}`; gold: {label: colour}; task.gold.among is missing
            `metrics: [acc, acc_bytes]`; metrics: [acc, f1]; line 12: task.metrics names 'f1'
            `metrics: [acc, acc_bytes]`; metrics: []; task.metrics is missing
            `metrics: [acc, acc_bytes]`; metrics: acc; line 12: task.metrics must be a list
            `metrics: [acc, acc_bytes]`; metrics: [acc]\\n  main_metric: em; task.main_metric is 'em'
            `choices: [red, "{{'blue'|upper}}"]`; choices: []; task.choices is empty
            `choices: [red, "{{'blue'|upper}}"]`; clean: none; task.choices is missing
            count: 1; count: -1; line 6: task.shots.count is -1, out of range
            choice: first; choice: last; line 6: task.shots.choice is 'last'
            name: colours; name: my colours; line 2: task.name is 'my colours'
            name: colours; groups: [gone]\\n  name: colours; joins the group gone
            """)
    void whatIsWrongIsNamedWithItsLine(String from, String to, String what) throws IOException {
        assertThat(TASK).contains(from);
        String yaml = TASK.replace(from, to.replace("\\n", "\n"));
        assertThatThrownBy(() -> with(yaml)).isInstanceOf(UserError.class).hasMessageContaining(what);
    }

    @Test
    void otherMistakes() throws IOException {
        assertThatThrownBy(() -> TaskRegistry.builtIn().with(folder.resolve("gone.yaml")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("gone.yaml does not exist");
        assertThatThrownBy(() -> TaskRegistry.builtIn().with(folder))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("holds no YAML file");
        assertThatThrownBy(() -> with("- a\n- b\n"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("mine.yaml: a file of tasks is a mapping");
        assertThatThrownBy(() -> with("groups: [{name: a, members: [b]}, {name: b, members: [a]}]\n"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("contains itself");
        assertThatThrownBy(() -> with("groups: [{name: a, members: [piqaa]}]\n"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("there is no task or group named piqaa");
        assertThatThrownBy(() -> with("groups: [{name: a, members: []}, {name: a, members: []}]\n"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("two tasks or groups are named a");
    }

    @Test
    void aFieldThatTheRowsLackIsAnErrorEvenWhereItIsNotDeclared() throws IOException {
        Task task = with(TASK.replace("{{thing}} is", "{{thnig}} is")).find("colours");
        new TestTasks(folder).write("colours.jsonl", "{\"thing\":\"The sky\",\"colour\":1}");
        assertThatThrownBy(() -> task.requests(TaskData.in(folder), 0, OptionalInt.empty()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("colours.jsonl line 1")
                .hasMessageContaining("mine.yaml line 9")
                .hasMessageContaining("'thnig' is undefined");
    }
}
