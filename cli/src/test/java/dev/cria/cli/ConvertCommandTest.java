package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConvertCommandTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private Path directory;

    @Test
    void convertsThereAndBackAndTheTextStays() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path gguf = directory.resolve("stories.gguf");
        Path back = directory.resolve("stories");
        Cria.Result there =
                Cria.run("convert", "--model", model, "--output", gguf, "--format", "gguf", "--dtype", "f32", "--json");
        assertThat(there.code()).as(there.err()).isZero();
        JsonNode told = JSON.readTree(there.out());
        assertThat(told.get("bytes_by_type").get("F32").longValue()).isEqualTo(260_032 * 4);
        assertThat(there.err()).contains("of weights to " + gguf);
        assertThat(Cria.run("convert", "--model", gguf, "--output", back, "--dtype", "f32")
                        .code())
                .isZero();
        assertThat(text(gguf)).isEqualTo(text(model)).isEqualTo(text(back)).hasSizeGreaterThan(40);
    }

    private static String text(Path model) {
        return Cria.run("generate", "--model", model, "--prompt", "Once", "--max-tokens", 40, "--temperature", 0)
                .out();
    }

    @Test
    void refusalsNameWhatIsWrong() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Cria.Result quantised =
                Cria.run("convert", "--model", model, "--output", directory.resolve("x"), "--dtype", "q8_0");
        assertThat(quantised.code()).isEqualTo(2);
        assertThat(quantised.err())
                .contains("f32, bf16 or f16 weights, not q8_0")
                .contains("HINT: use --format gguf");
        assertThat(Cria.run("convert", "--model", model, "--output", directory, "--dtype", "f16")
                        .err())
                .contains("is there already");
        assertThat(Cria.run("convert", "--model", model, "--output", "x.gguf", "--format", "onnx", "--dtype", "f16")
                        .err())
                .contains("'onnx'");
    }

    @Test
    void sizesAreReadAsTyped() {
        assertThat(ByteSizes.parse("--x", "5GB")).isEqualTo(5_000_000_000L);
        assertThat(ByteSizes.parse("--x", "500 mb")).isEqualTo(500_000_000L);
        assertThat(ByteSizes.parse("--x", "1234")).isEqualTo(1234);
        for (String wrong : new String[] {"", "GB", "-1", "1.5GB", "999999999999999999T"}) {
            assertThatThrownBy(() -> ByteSizes.parse("--x", wrong))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("--x is");
        }
    }
}
