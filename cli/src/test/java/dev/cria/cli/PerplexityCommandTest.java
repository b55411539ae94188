package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.data.DocumentReaders;
import dev.cria.data.DocumentStream;
import dev.cria.data.ReadOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The figures were computed with transformers 5.18 in float32 and the harness's windows, over the same texts. */
class PerplexityCommandTest {
    @TempDir
    private Path directory;

    private static List<String> stories() {
        Path file = ReferenceData.require("corpus/stories/validation.jsonl.zst");
        List<String> texts = new ArrayList<>();
        try (DocumentStream stream = DocumentReaders.open(List.of(file), ReadOptions.defaults())) {
            while (texts.size() < 20) {
                texts.add(stream.next().text());
            }
        }
        return texts;
    }

    private static JsonNode measure(Object... arguments) {
        List<Object> all =
                new ArrayList<>(List.of("perplexity", "--model", ReferenceData.require("golden/stories260k-hf")));
        all.addAll(List.of(arguments));
        Cria.Result result = Cria.run(all.toArray());
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.lines()).hasSize(1);
        return JsonMapper.shared().readTree(result.out());
    }

    @Test
    void agreesWithTransformers() throws IOException {
        Path lines = directory.resolve("stories.jsonl");
        Files.write(
                lines,
                stories().stream().map(text -> Json.line(Map.of("text", text))).toList());
        JsonNode found = measure("--input", lines);
        assertThat(found.get("documents").intValue()).isEqualTo(20);
        assertThat(found.get("tokens").intValue()).isEqualTo(6465);
        assertThat(found.get("words").intValue()).isEqualTo(2674);
        assertThat(found.get("bytes").intValue()).isEqualTo(13379);
        assertThat(found.get("log_likelihood").doubleValue()).isCloseTo(-8874.332535292022, within(0.01));
        assertThat(found.get("word_perplexity").doubleValue()).isCloseTo(27.625745429311056, within(1e-4));
        assertThat(found.get("byte_perplexity").doubleValue()).isCloseTo(1.9411937656292195, within(1e-6));
        assertThat(found.get("bits_per_byte").doubleValue()).isCloseTo(0.9569441318383572, within(1e-6));
    }

    @Test
    void aTextLongerThanTheContextIsReadInWindows() throws IOException {
        Path text = Files.writeString(directory.resolve("joined.txt"), String.join("\n", stories()));
        JsonNode found = measure("--input", text, "--no-bos");
        assertThat(found.get("tokens").intValue()).isEqualTo(6499);
        assertThat(found.get("bos_predicted").booleanValue()).isFalse();
        assertThat(found.get("log_likelihood").doubleValue()).isCloseTo(-9285.88574183192, within(0.01));
        assertThat(found.get("word_perplexity").doubleValue()).isCloseTo(32.22225443938816, within(1e-4));
        double oneThread = measure("--input", text, "--no-bos", "--threads", 1)
                .get("log_likelihood")
                .doubleValue();
        assertThat(oneThread).isEqualTo(found.get("log_likelihood").doubleValue());
    }

    @Test
    void whatCannotBeMeasuredIsRefused() throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path blank = Files.writeString(directory.resolve("blank.txt"), " \n ");
        Cria.Result result = Cria.run("perplexity", "--model", model, "--input", blank);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("there is no text to measure");
        result = Cria.run("perplexity", "--model", model, "--input", blank, "--context", 513);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("--context is 513");
        assertThat(result.out()).isEmpty();
        assertThat(Cria.run("perplexity", "--model", model, "--input", directory.resolve("gone.txt"))
                        .code())
                .isEqualTo(2);
    }
}
