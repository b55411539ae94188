package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.model.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LogitsCommandTest {
    @TempDir
    private Path directory;

    @Test
    void agreesWithTheReference() throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        JsonNode prompt = JsonMapper.shared()
                .readTree(Files.readString(model.resolve("golden.json")))
                .get("prompt");
        String ids = prompt.get("ids").valueStream().map(JsonNode::toString).collect(Collectors.joining(","));
        Path output = directory.resolve("out.safetensors");

        Cria.Result result = Cria.run("logits", "--model", model, "--ids", ids, "--output", output);

        assertThat(result.code()).as(result.err()).isZero();
        try (Safetensors ours = Safetensors.open(output);
                Safetensors golden = Safetensors.open(model.resolve("golden.safetensors"))) {
            assertThat(ours.names()).containsExactly("logits");
            assertThat(ours.tensor("logits").dims()).containsExactly(16, 512);
            float[] expected = golden.tensor("prompt_logits").toFloats();
            float[] actual = ours.tensor("logits").toFloats();
            for (int i = 0; i < expected.length; i++) {
                assertThat(actual[i]).isCloseTo(expected[i], within(1e-4f));
            }
        }
    }

    @Test
    void refusesWhatCannotBe() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path output = directory.resolve("out.safetensors");
        assertThat(Cria.run("logits", "--model", model, "--ids", "1,512", "--output", output)
                        .err())
                .contains("512");
        assertThat(Cria.run("logits", "--model", model, "--ids", "1,x", "--output", output)
                        .code())
                .isEqualTo(2);
        assertThat(Cria.run("logits", "--model", model, "--output", output).err())
                .contains("--ids");
        assertThat(Cria.run("logits", "--model", directory, "--ids", "1", "--output", output)
                        .code())
                .isEqualTo(2);
        assertThat(Cria.run("logits", "--model", "no/model", "--ids", "1", "--output", output)
                        .err())
                .contains("no/model");
        assertThat(Cria.run("logits", "--model", model, "--ids", "1", "--output", directory)
                        .err())
                .contains("is a folder");
        assertThat(Cria.run("logits", "--model", model, "--ids", "1", "--output", output, "--device", "abacus")
                        .err())
                .contains("abacus");
        assertThat(output).doesNotExist();
    }
}
