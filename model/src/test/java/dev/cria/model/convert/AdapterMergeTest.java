package dev.cria.model.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.model.Golden;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.adapter.AdaptedModels;
import dev.cria.model.adapter.AdapterChoice;
import dev.cria.model.adapter.AdapterConfig;
import dev.cria.model.adapter.RandomAdapters;
import dev.cria.model.hub.HubCache;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Tier;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters that are merged on the way from one format to another: the model says what base and adapters say together. */
class AdapterMergeTest {
    @TempDir
    private Path directory;

    private Device device;
    private Path base;
    private Path lora;

    @BeforeEach
    void open() {
        device = Golden.open(Tier.NATIVE);
        base = ReferenceData.require("golden/checkpoints/a-gqa");
        lora = ReferenceData.require("golden/finetuning/lora");
    }

    @AfterEach
    void close() {
        device.close();
    }

    private ConversionResult convert(
            Path input, Path output, ModelFormat format, TargetType type, AdapterChoice... adapters) {
        ConversionOptions options = new ConversionOptions(format, type).withAdapters(List.of(adapters));
        return ModelConverter.run(input, output, options, device, progress -> {});
    }

    private float[] logits(Path model, AdapterChoice... adapters) {
        try (LlamaModel loaded =
                        AdaptedModels.load(model, List.of(adapters), device, HubCache.ofProcess(), notice -> {});
                LlamaSession session = loaded.newSession(40)) {
            return session.forward(IntStream.range(0, 40).map(i -> i * 7 % 320).toArray())
                    .toFloats();
        }
    }

    @Test
    void mergedWeightsAreThoseOfPeft() {
        Path merged = directory.resolve("merged");
        ConversionResult result = convert(base, merged, ModelFormat.HF, TargetType.F32, new AdapterChoice(lora));
        assertThat(result.notices()).noneMatch(notice -> notice.contains("belongs to"));
        try (Safetensors ours = Safetensors.open(merged);
                Safetensors golden = Golden.tensors("finetuning/lora/merged.safetensors")) {
            for (String name : ours.names()) {
                assertThat(Golden.maximumDifference(
                                ours.tensor(name).toFloats(),
                                golden.tensor(name).toFloats()))
                        .as(name)
                        .isLessThan(1e-6f);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "HF, F32, HF, F32, 1e-5",
        "HF, F32, GGUF, F32, 1e-5",
        "GGUF, F32, HF, F32, 1e-5",
        "GGUF, F32, GGUF, F32, 1e-5",
        "GGUF, BF16, GGUF, F32, 1e-5",
        "GGUF, Q8_0, HF, F32, 1e-5",
        "GGUF, Q4_0, GGUF, Q8_0, 6e-2",
        "HF, F16, GGUF, BF16, 2e-2",
    })
    void saysWhatBaseAndAdaptersSayTogether(
            ModelFormat from, TargetType stored, ModelFormat to, TargetType type, double tolerance) throws IOException {
        Path stem = directory.resolve(from == ModelFormat.GGUF ? "base.gguf" : "base");
        convert(base, stem, from, stored);
        Path merged = directory.resolve("merged");
        AdapterChoice[] adapters = {new AdapterChoice(lora, 0.8), new AdapterChoice(other(), -1.5)};
        ConversionResult result = convert(stem, merged, to, type, adapters);
        float[] together = logits(stem, adapters);
        assertThat(Golden.relativeDistance(logits(merged), together)).isLessThan(tolerance);
        assertThat(Golden.relativeDistance(logits(stem), together)).isGreaterThan(0.1);
        if (stored == TargetType.Q4_0) {
            assertThat(result.notices()).anyMatch(notice -> notice.contains("lose precision a second time"));
        }
    }

    /** An adapter of bfloat16 for some of the layers. */
    private Path other() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("other"));
        AdapterConfig config =
                AdapterConfig.of(3, 6, 0, List.of("q_proj", "layers.1.mlp.down_proj"), Optional.of("a-gqa"));
        try (Arena arena = Arena.ofConfined()) {
            RandomAdapters.of(config, HuggingFaceDirectory.readConfig(base), arena, 3)
                    .write(folder, DType.BF16);
        }
        return folder;
    }

    @Test
    void anAdaptersFolderIsItsBaseWithTheAdapterOnIt() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("run/lora"));
        Path beside = directory.resolve("a-gqa");
        convert(base, beside, ModelFormat.HF, TargetType.F32);
        try (Arena arena = Arena.ofConfined()) {
            RandomAdapters.of(
                            AdapterConfig.of(2, 4, 0, List.of("v_proj"), Optional.of("../../a-gqa")),
                            HuggingFaceDirectory.readConfig(base),
                            arena,
                            3)
                    .write(folder, DType.F32);
        }
        // Its own tokenizer and template come before the base's, which has none.
        Path text = ReferenceData.require("golden/llama2-tokenizer");
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(text.resolve(name), folder.resolve(name));
        }
        Path merged = directory.resolve("merged");
        convert(folder, merged, ModelFormat.HF, TargetType.F32);
        assertThat(Golden.relativeDistance(logits(merged), logits(folder))).isLessThan(1e-5);
        assertThat(logits(folder)).isEqualTo(logits(base, new AdapterChoice(folder)));
        assertThat(merged.resolve("tokenizer.json")).exists();
        try (LlamaModel model = AdaptedModels.load(folder, List.of(), device, HubCache.ofProcess(), notice -> {});
                LlamaModel other = LlamaModel.load(merged, device)) {
            assertThat(model.chatTemplate()).isPresent();
            assertThat(other.chatTemplate()).isPresent();
            assertThat(model.tokenizer()).isPresent();
        }
    }
}
