package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong with the data: one sentence that names the file and the line, and never a score. */
class DamagedDataTest {
    @TempDir
    Path folder;

    private TestTasks tasks;

    @BeforeEach
    void folder() {
        tasks = new TestTasks(folder);
    }

    private void refused(String task, String what) {
        assertThatThrownBy(() -> tasks.ask(task, 0))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(what)
                .satisfies(error -> assertThat(((UserError) error).hint()).isNotEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', textBlock = """
            {"question":"q","choices":{"text":["a","b"],"label":["A","B"]}}; the field answerKey is missing
            {"question":"q","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":null}; the field answerKey is null
            {"question":7,"choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"A"}; question is a whole number; it must be text
            {"question":"q","choices":["a","b"],"answerKey":"A"}; choices is a list, not a group of fields
            {"question":"q","choices":{"text":["a",2],"label":["A","B"]},"answerKey":"A"}; choices.text holds a whole number
            {"question":"q","choices":{"text":["a",null],"label":["A","B"]},"answerKey":"A"}; choices.text holds null
            {"question":"q","choices":{"text":"ab","label":["A","B"]},"answerKey":"A"}; choices.text is text; it must be a list
            {"question":"q","choices":{"text":[],"label":[]},"answerKey":"A"}; choices.text is empty
            {"question":"q","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"E"}; answerKey is "E", which is none of the labels [A, B]
            {"question":"q","choices":{"text":["a","b"],"label":["A"]},"answerKey":"A"}; choices.label has 1 labels for 2 choices
            {"question":"q","choices":{"text":["a","b"]},"answerKey":"A"}; the field choices.label is missing
            {"question":"q"; is no JSON object
            ["q"]; is no JSON object
            null; null is no row
            {"question":"q"} {}; is no JSON object
            {"question":"q","question":"r"}; is no JSON object
            {"question":"half \\ud83d","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"A"}; half of a surrogate pair
            {"question":99999999999999999999999,"x":1}; out of range
            """)
    void aDamagedRowIsNamed(String row, String what) throws IOException {
        tasks.write("arc_easy.jsonl", TestTasks.ARC_ROW, "", row, TestTasks.ARC_ROW);
        String wanted = what.replaceAll("; it must.*", "");
        assertThatThrownBy(() -> tasks.ask("arc_easy", 0))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(folder.resolve("arc_easy.jsonl").toString())
                .hasMessageContaining("line 3")
                .hasMessageContaining(wanted)
                .satisfies(error -> assertThat(((UserError) error).hint()).isNotEmpty());
    }

    @ParameterizedTest
    @CsvSource({"4", "-1", "\"\"", "\"x\"", "1.5", "99999999999"})
    void labelsOutOfRangeAreRefused(String label) throws IOException {
        tasks.write(
                "hellaswag.jsonl",
                "{\"activity_label\":\"a\",\"ctx_a\":\"b\",\"ctx_b\":\"c\",\"endings\":[\"d\",\"e\",\"f\",\"g\"],\"label\":%s}"
                        .formatted(label));
        refused("hellaswag", "hellaswag.jsonl line 1: label is ");
    }

    @ParameterizedTest
    @CsvSource({"0", "3", "\"\""})
    void winograndesAnswersAreOneAndTwo(String answer) throws IOException {
        tasks.write(
                "winogrande.jsonl",
                "{\"sentence\":\"A _ b.\",\"option1\":\"x\",\"option2\":\"y\",\"answer\":%s}".formatted(answer));
        refused("winogrande", "winogrande.jsonl line 1: answer is ");
    }

    @Test
    void aSentenceWithoutABlankIsRefused() throws IOException {
        tasks.write("winogrande.jsonl", "{\"sentence\":\"A b.\",\"option1\":\"x\",\"option2\":\"y\",\"answer\":\"1\"}");
        refused("winogrande", "winogrande.jsonl line 1");
    }

    @Test
    void mmluWithThreeChoicesIsRefused() throws IOException {
        tasks.write("mmlu/anatomy.test.jsonl", "{\"question\":\"q\",\"choices\":[\"a\",\"b\",\"c\"],\"answer\":1}");
        refused("mmlu_anatomy", "anatomy.test.jsonl line 1");
        refused("instruct_eval_mmlu_anatomy", "choices has 3 entries");
    }

    @Test
    void dropAnswersMustFitTogether() throws IOException {
        String date = "{\"day\":\"\",\"month\":\"\",\"year\":\"\"}";
        String answer = "{\"number\":\"1\",\"date\":" + date + ",\"spans\":[]}";
        tasks.write(
                "drop/validation.jsonl",
                "{\"passage\":\"p\",\"question\":\"q\",\"answer\":" + answer
                        + ",\"validated_answers\":{\"number\":[\"1\",\"2\"],\"date\":[" + date
                        + "],\"spans\":[[],[]]}}");
        refused("drop", "validation.jsonl line 1: validated_answers has 2 numbers and 1 of date");
        tasks.write(
                "drop/validation.jsonl",
                "{\"passage\":\"p\",\"question\":\"q\",\"answer\":{\"number\":\"\",\"spans\":[]},"
                        + "\"validated_answers\":{\"number\":[],\"date\":[],\"spans\":[]}}");
        refused("drop", "the field answer.date is missing");
    }

    @Test
    void filesThatAreNotThere() throws IOException {
        refused("arc_easy", "has no test rows of arc_easy (allenai/ai2_arc, ARC-Easy)");
        Files.writeString(folder.resolve("arc_easy.jsonl"), "\n \n");
        refused("arc_easy", "arc_easy.jsonl holds no rows");
        tasks = new TestTasks(folder.resolve("nowhere"));
        refused("arc_easy", "nowhere does not exist");
    }

    @Test
    void twoFilesForOneSplitAreRefused() throws IOException {
        tasks.write("arc_easy.jsonl", TestTasks.ARC_ROW).write("arc_easy/test.jsonl", TestTasks.ARC_ROW);
        refused("arc_easy", "hold the test rows of arc_easy");
    }

    @Test
    void aMissingPartIsRefused() throws IOException {
        tasks.write("arc_easy/test-00001-of-00002.jsonl", TestTasks.ARC_ROW);
        refused("arc_easy", "1 of the 2 parts");
    }

    @Test
    void textThatIsNotUtf8IsRefused() throws IOException {
        byte[] row = TestTasks.ARC_ROW.replace("burns", "br\u00e9nnt").getBytes(StandardCharsets.ISO_8859_1);
        Files.write(folder.resolve("arc_easy.jsonl"), row);
        refused("arc_easy", "line 1: is no JSON object");
    }

    @Test
    void moreShotsThanThereAreExamples() throws IOException {
        tasks.write(
                        "mmlu/anatomy.test.jsonl",
                        "{\"question\":\"q\",\"choices\":[\"a\",\"b\",\"c\",\"d\"],\"answer\":1}")
                .write(
                        "mmlu/anatomy.dev.jsonl",
                        "{\"question\":\"r\",\"choices\":[\"a\",\"b\",\"c\",\"d\"],\"answer\":1}");
        assertThat(tasks.ask("mmlu_anatomy", 1)).hasSize(1);
        assertThatThrownBy(() -> tasks.ask("mmlu_anatomy", 5))
                .isInstanceOf(UserError.class)
                .hasMessage("mmlu_anatomy: 5 examples are wanted, and its data has 1");
        tasks.write("arc_easy.jsonl", TestTasks.ARC_ROW).write("arc_easy.train.jsonl", TestTasks.ARC_ROW);
        assertThatThrownBy(() -> tasks.ask("arc_easy", 2))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("2 examples are wanted, and its data has 1");
        tasks.write("bbh/navigate.jsonl", "{\"input\":\"i\",\"target\":\"t\"}");
        assertThatThrownBy(() -> tasks.ask("instruct_eval_bbh_navigate", 3))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("3 examples are wanted, and its data has 0");
        assertThatThrownBy(() -> tasks.ask("bbh_fewshot_navigate", 3))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("has no fewshot rows of bbh/navigate")
                .satisfies(error -> assertThat(((UserError) error).hint())
                        .contains("bbh/navigate.fewshot.jsonl", "cot-prompts/navigate.txt"));
    }

    /** Any byte may be wrong: rows come out whole, or one error does. */
    @Test
    void mutatedFilesGiveRowsOrOneError() throws IOException {
        byte[] whole = (TestTasks.ARC_ROW + "\n").repeat(3).getBytes(StandardCharsets.UTF_8);
        Random random = new Random(11);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] bytes = whole.clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            Files.write(folder.resolve("arc_easy.jsonl"), bytes);
            try {
                assertThat(tasks.ask("arc_easy", 0)).hasSizeBetween(2, 3);
            } catch (UserError e) {
                assertThat(e).hasMessageContaining("arc_easy.jsonl");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(50);
    }
}
