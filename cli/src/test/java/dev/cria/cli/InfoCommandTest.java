package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InfoCommandTest {
    @TempDir
    private Path directory;

    @Test
    void describesAModel() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        JsonNode info =
                JsonMapper.shared().readTree(Cria.run("info", "--json", model).out());
        assertThat(info.get("kind").stringValue()).isEqualTo("model");
        assertThat(info.get("parameters").longValue()).isEqualTo(260_032);
        assertThat(info.get("weights").get("F32").longValue()).isEqualTo(260_032);
        assertThat(info.get("tokenizer").get("vocabulary").intValue()).isEqualTo(512);
        assertThat(Cria.run("info", model).out()).contains("parameters: 260032 (260k)");
    }

    @Test
    void describesAGgufFile() {
        Path model = ReferenceData.require("golden/quant/stories260k-q8_0.gguf");
        JsonNode info =
                JsonMapper.shared().readTree(Cria.run("info", "--json", model).out());
        assertThat(info.get("kind").stringValue()).isEqualTo("model");
        assertThat(info.get("architecture").stringValue()).isEqualTo("llama");
        assertThat(info.get("parameters").longValue()).isEqualTo(260_032);
        assertThat(info.get("context").intValue()).isEqualTo(512);
        assertThat(info.get("weights").get("Q8_0").longValue()
                        + info.get("weights").get("F32").longValue())
                .isEqualTo(260_032);
        assertThat(info.get("bytes_by_type").get("Q8_0").longValue())
                .isEqualTo(info.get("weights").get("Q8_0").longValue() / 32 * 34);
        assertThat(info.get("tokenizer").get("vocabulary").intValue()).isEqualTo(512);
        assertThat(info.get("metadata").get("tokenizer.ggml.tokens").stringValue())
                .isEqualTo("STRING[512]");
        assertThat(Cria.run("info", model).out()).contains("general.name: stories260K");
    }

    @Test
    void describesRecipes() {
        for (String name : new String[] {"quickstart", "tinyllama-1.1b", "tinyllama-120m"}) {
            Path recipe = ReferenceData.repositoryRoot().resolve("recipes/" + name + ".yaml");
            assertThat(Cria.run("info", recipe).out())
                    .contains(name + ".yaml: recipe")
                    .contains("stages");
        }
    }

    @Test
    void saysWhatItDoesNotKnow() throws IOException {
        assertThat(Cria.run("info", directory).err()).startsWith("cria: " + directory + " is nothing Cria knows");
        assertThat(Cria.run("info", directory.resolve("x")).err()).startsWith("cria: there is nothing at ");
        Path gguf = Files.writeString(directory.resolve("m.gguf"), "GGUF");
        assertThat(Cria.run("info", gguf).err()).contains("GGUF");
        Path damaged = Files.writeString(directory.resolve("m.safetensors"), "short");
        Cria.Result result = Cria.run("info", damaged);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("m.safetensors").doesNotContain("\tat ");
        assertThat(Cria.run("info").code()).isEqualTo(2);
    }
}
