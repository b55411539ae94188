package dev.cria.model.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FileSelectionTest {
    private static List<String> choose(PullRequest request, String... paths) {
        List<HubFile> files =
                Stream.of(paths).map(path -> new HubFile(path, 1, "")).toList();
        return FileSelection.choose(files, request).stream().map(HubFile::path).toList();
    }

    private static PullRequest request(List<String> include, List<String> exclude) {
        return new PullRequest(HubName.require("o/m"), "main", include, exclude);
    }

    private static final PullRequest PLAIN = PullRequest.of(HubName.require("o/m"));

    @Test
    void aModelNeedsItsWeightsOnce() {
        assertThat(choose(
                        PLAIN,
                        ".gitattributes",
                        "README.md",
                        "LICENSE.txt",
                        "config.json",
                        "generation_config.json",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors",
                        "model.safetensors.index.json",
                        "consolidated.safetensors",
                        "pytorch_model.bin",
                        "flax_model.msgpack",
                        "onnx/model.onnx",
                        "onnx/config.json",
                        "original/params.json",
                        "model-q4.gguf",
                        "tokenizer.json",
                        "tokenizer.model",
                        "trainer_state.json"))
                .containsExactly(
                        "README.md",
                        "LICENSE.txt",
                        "config.json",
                        "generation_config.json",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors",
                        "model.safetensors.index.json",
                        "tokenizer.json",
                        "tokenizer.model");
    }

    @Test
    void anAdapterIsTakenWithWhatItIs() {
        assertThat(choose(
                        PLAIN,
                        "README.md",
                        "adapter_config.json",
                        "adapter_model.safetensors",
                        "optimizer.pt",
                        "tokenizer.json"))
                .containsExactly("README.md", "adapter_config.json", "adapter_model.safetensors", "tokenizer.json");
    }

    @Test
    void oneGgufIsTakenAndOfManyOneMustBeNamed() {
        assertThat(choose(PLAIN, "config.json", "m.Q8_0.gguf")).containsExactly("m.Q8_0.gguf");
        assertThatThrownBy(() -> choose(PLAIN, "m.Q8_0.gguf", "m.Q4_K_M.gguf"))
                .isInstanceOfSatisfying(UserError.class, e -> {
                    assertThat(e.what()).contains("2 GGUF files: m.Q8_0.gguf, m.Q4_K_M.gguf");
                    assertThat(e.hint()).contains("cria pull o/m --file m.Q4_K_M.gguf");
                });
    }

    @Test
    void pickledWeightsAreNotTaken() {
        assertThatThrownBy(() -> choose(PLAIN, "config.json", "pytorch_model.bin"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("PyTorch");
        assertThatThrownBy(() -> choose(PLAIN, "README.md")).isInstanceOf(UserError.class);
    }

    @Test
    void patternsReplaceAndNarrow() {
        String[] paths = {"config.json", "model.safetensors", "a.bin", "sub/b.bin", "README.md"};
        assertThat(choose(request(List.of("*.bin"), List.of()), paths)).containsExactly("a.bin", "sub/b.bin");
        assertThat(choose(request(List.of("*.bin"), List.of("sub/*")), paths)).containsExactly("a.bin");
        assertThat(choose(request(List.of(), List.of("README*")), paths))
                .containsExactly("config.json", "model.safetensors");
        assertThatThrownBy(() -> choose(request(List.of("*.exe"), List.of()), paths))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("*.exe");
    }
}
