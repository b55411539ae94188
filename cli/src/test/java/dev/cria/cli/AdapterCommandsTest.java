package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.model.safetensors.SafetensorsWriter;
import dev.cria.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters on the command line: on a model that runs, merged into one, described and refused. */
class AdapterCommandsTest {
    private static final String CONFIG = "adapter_config.json";
    private static final String TENSORS = "adapter_model.safetensors";

    @TempDir
    private Path directory;

    private Path base;
    private Path lora;

    @BeforeEach
    void find() {
        base = ReferenceData.require("golden/checkpoints/a-gqa");
        lora = ReferenceData.require("golden/finetuning/lora");
    }

    private float[] logits(Object... model) {
        Path output = directory.resolve("logits.safetensors");
        Object[] arguments = new Object[model.length + 5];
        arguments[0] = "logits";
        System.arraycopy(model, 0, arguments, 1, model.length);
        System.arraycopy(
                new Object[] {"--ids", "1,5,7,300,12,44", "--output", output}, 0, arguments, model.length + 1, 4);
        Cria.Result result = Cria.run(arguments);
        assertThat(result.code()).as(result.err()).isZero();
        try (Safetensors file = Safetensors.open(output)) {
            return file.tensor("logits").toFloats();
        }
    }

    private static float distance(float[] a, float[] b) {
        float most = 0;
        for (int i = 0; i < a.length; i++) {
            most = Math.max(most, Math.abs(a[i] - b[i]));
        }
        return most;
    }

    /** A copy of the adapter whose configuration says something else. */
    private Path copy(String what, String instead) throws IOException {
        Path folder = Files.createDirectories(directory.resolve("copy"));
        Files.copy(lora.resolve(TENSORS), folder.resolve(TENSORS));
        String config = Files.readString(lora.resolve(CONFIG));
        assertThat(config).contains(what);
        Files.writeString(folder.resolve(CONFIG), config.replace(what, instead));
        return folder;
    }

    @Test
    void anAdapterChangesWhatAModelSaysAndMergedItSaysTheSame() {
        Path merged = directory.resolve("merged.gguf");
        Cria.Result result =
                Cria.run("convert", "--model", base, "--adapter", lora + "=0.5", "--output", merged, "--dtype", "f32");
        assertThat(result.code()).as(result.err()).isZero();
        float[] together = logits("--model", base, "--adapter", lora + "=0.5");
        assertThat(distance(logits("--model", merged), together)).isLessThan(1e-4f);
        assertThat(distance(logits("--model", base), together)).isGreaterThan(0.1f);
        assertThat(distance(logits("--model", base, "--adapter", lora + "=0.2", "--adapter", lora + "=0.3"), together))
                .isLessThan(1e-4f);
    }

    @Test
    void anAdaptersFolderIsAModel() throws IOException {
        Path folder = copy("\"a-gqa\"", "\"" + base + "\"");
        assertThat(logits("--model", folder)).isEqualTo(logits("--model", base, "--adapter", lora));
        Cria.Result info = Cria.run("info", folder);
        assertThat(info.code()).as(info.err()).isZero();
        assertThat(info.out()).contains("LoRA adapter", "rank: 4", "q_proj", "found at", "13488");
        Cria.Result bench =
                Cria.run("bench", "--model", folder, "--prefill", "8", "--decode", "4", "--repetitions", "1", "--json");
        assertThat(bench.code()).as(bench.err()).isZero();
    }

    @Test
    void anAdapterThatWasMadeForAnotherModelIsTold() throws IOException {
        Path folder = copy("\"a-gqa\"", "\"org/something-else\"");
        Path output = directory.resolve("out.safetensors");
        Cria.Result result = Cria.run("logits", "--model", base, "--adapter", folder, "--ids", "1", "--output", output);
        assertThat(result.code()).isZero();
        assertThat(result.err()).contains("belongs to 'org/something-else'");
        Cria.Result alone = Cria.run("logits", "--model", folder, "--ids", "1", "--output", output);
        assertThat(alone.code()).isEqualTo(2);
        assertThat(alone.err()).contains("'org/something-else'", "HINT: fetch it: `cria pull org/something-else`");
        assertThat(Cria.run("info", folder).out()).contains("org/something-else", "not found here");
    }

    @ParameterizedTest
    @CsvSource({
        "stories260k-hf, for another base",
        "checkpoints/b-mha-tied, for another base",
        "checkpoints/c-linear, for another base"
    })
    void anAdapterForAModelOfAnotherShapeIsRefused(String other, String sentence) {
        Path model = ReferenceData.require("golden/" + other);
        Path output = directory.resolve("out");
        for (String command : new String[] {"logits", "convert"}) {
            Cria.Result result = command.equals("logits")
                    ? Cria.run("logits", "--model", model, "--adapter", lora, "--ids", "1", "--output", output)
                    : Cria.run("convert", "--model", model, "--adapter", lora, "--output", output, "--dtype", "f32");
            assertThat(result.code()).isEqualTo(2);
            assertThat(result.err()).contains(sentence, "HINT: put the adapter on the model that it was trained on");
            assertThat(output).doesNotExist();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"r\": 4 | \"r\": 5 | of another rank",
                "\"use_dora\": false | \"use_dora\": true | DoRA",
                "\"modules_to_save\": null | \"modules_to_save\": [\"lm_head\"] | whole modules",
                "\"q_proj\", | | does not target",
                "\"q_proj\", | \"q_proj\" | no valid JSON",
                "\"LORA\" | \"LOHA\" | of type LOHA",
            })
    void whatAnAdapterMayNotBeIsRefused(String what, String instead, String sentence) throws IOException {
        Path folder = copy(what, instead == null ? "" : instead);
        Cria.Result result = Cria.run("generate", "--model", base, "--adapter", folder, "--prompt", "x");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains(sentence).contains("HINT: ");
    }

    @Test
    void whatAnAdapterLacksOrSpoiltIsRefused() throws IOException {
        assertRefused(base, "is no adapter");
        assertRefused(directory.resolve("nowhere"), "does not exist");
        Path folder = copy("\"a-gqa\"", "\"a-gqa\"");
        Path tensors = folder.resolve(TENSORS);
        String query = "base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight";
        rewrite(tensors, query, Change.DROP);
        assertRefused(folder, "has no tensor '" + query + "'");
        rewrite(tensors, query, Change.SPOIL);
        assertRefused(folder, "'" + query + "' has NaN");
        rewrite(tensors, query, Change.RENAME);
        assertRefused(folder, "none of a LoRA pair");
        Files.delete(tensors);
        assertRefused(folder, "has no " + TENSORS);
        Files.writeString(folder.resolve("adapter_model.bin"), "x");
        assertRefused(folder, "safe_serialization=True");
        assertThat(Cria.run("bench", "--config", "15m", "--adapter", lora).err())
                .contains("needs a model");
        assertThat(Cria.run("logits", "--model", base, "--adapter", lora + "=1e999", "--ids", "1", "--output", "x")
                        .err())
                .contains("weight is Infinity");
    }

    private void assertRefused(Path adapter, String sentence) {
        Cria.Result result = Cria.run(
                "logits", "--model", base, "--adapter", adapter, "--ids", "1", "--output", directory.resolve("o"));
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains(sentence).contains("HINT: ");
    }

    private enum Change {
        DROP,
        SPOIL,
        RENAME
    }

    private void rewrite(Path target, String name, Change change) {
        try (Safetensors from = Safetensors.open(lora.resolve(TENSORS));
                Arena arena = Arena.ofConfined()) {
            SafetensorsWriter writer = new SafetensorsWriter();
            for (String each : from.names()) {
                Tensor tensor = from.tensor(each);
                if (!each.equals(name)) {
                    writer.add(each, tensor);
                } else if (change == Change.SPOIL) {
                    float[] values = tensor.toFloats();
                    values[values.length - 1] = Float.NaN;
                    writer.add(
                            each,
                            Tensor.of(tensor.dtype(), arena.allocate(tensor.byteSize(), 4), tensor.dims())
                                    .copyFrom(values));
                } else if (change == Change.RENAME) {
                    writer.add(each.replace("q_proj", "lm_head"), tensor);
                }
            }
            writer.write(target);
        }
    }
}
