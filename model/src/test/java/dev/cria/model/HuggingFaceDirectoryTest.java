package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.model.safetensors.SafetensorsWriter;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.Tier;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HuggingFaceDirectoryTest {
    private static final LlamaConfig CONFIG =
            new LlamaConfig(18, 21, 3, 3, 1, 6, 37, 16, 1e-5, 10000, new RopeScaling.None(), false, 1, List.of(2));

    @TempDir
    Path dir;

    private Device device;
    private Workspace workspace;

    @BeforeEach
    void open() {
        device = Golden.open(Tier.SCALAR);
        workspace = device.workspace();
    }

    @AfterEach
    void close() {
        workspace.close();
        device.close();
    }

    private ParameterSet initialised(LlamaConfig config) {
        ParameterSet parameters = ParameterSet.allocate(workspace, config);
        Initializer.tinyLlama(parameters, 3, device);
        return parameters;
    }

    @Test
    void readsBackWhatItWrites() {
        for (LlamaConfig config : List.of(CONFIG, LlamaConfig.preset("tiny"))) {
            ParameterSet written = initialised(config);
            HuggingFaceDirectory.write(dir, written, device, DType.F32);
            assertThat(HuggingFaceDirectory.readConfig(dir)).isEqualTo(config);
            ParameterSet read = ParameterSet.allocate(workspace, config);
            HuggingFaceDirectory.readInto(dir, read, device);
            assertThat(read.flat().toFloats()).isEqualTo(written.flat().toFloats());
        }
    }

    @ParameterizedTest
    @CsvSource({"BF16, 0.004, bfloat16", "F16, 0.0005, float16"})
    void halfPrecisionIsReadAsTheNearestFloats(DType dtype, double relative, String name) throws Exception {
        ParameterSet written = initialised(CONFIG);
        HuggingFaceDirectory.write(dir, written, device, dtype);
        assertThat(Files.readString(dir.resolve("config.json"))).contains(name);
        ParameterSet read = ParameterSet.allocate(workspace, CONFIG);
        HuggingFaceDirectory.readInto(dir, read, device);
        float[] exact = written.flat().toFloats();
        float[] rounded = read.flat().toFloats();
        for (int i = 0; i < exact.length; i++) {
            // Relative rounding of the type, or half of float16's smallest step where the number is smaller than its
            // normal range.
            assertThat((double) Math.abs(exact[i] - rounded[i]))
                    .isLessThanOrEqualTo(relative * Math.abs(exact[i]) + 3e-8);
        }
    }

    @Test
    void copiesTheTokenizerAndLoadsItWithTheModel() throws Exception {
        Path stories = ReferenceData.require("golden/stories260k-hf");
        LlamaConfig config = HuggingFaceDirectory.readConfig(stories);
        HuggingFaceDirectory.write(dir, initialised(config), device, DType.F32, Optional.of(stories));
        try (LlamaModel model = LlamaModel.load(dir, device)) {
            assertThat(model.tokenizer().orElseThrow().vocabularySize()).isEqualTo(512);
        }
        HuggingFaceDirectory.write(dir.resolve("plain"), initialised(CONFIG), device, DType.F32);
        try (LlamaModel model = LlamaModel.load(dir.resolve("plain"), device)) {
            assertThat(model.tokenizer()).isEmpty();
        }
    }

    @Test
    void modelsShareTheWeightsOfATrainingRun() {
        try (TrainableLlama training = TrainableLlama.create(device, CONFIG, 1, 4)) {
            Initializer.tinyLlama(training.parameters(), 5, device);
            HuggingFaceDirectory.write(dir, training.parameters(), device, DType.F32);
            float[] shared;
            try (LlamaModel model = LlamaModel.sharing(training.parameters(), device, Optional.empty());
                    LlamaSession session = model.newSession(8)) {
                shared = session.forward(new int[] {1, 2, 3}).toFloats();
            }
            try (LlamaModel model = LlamaModel.load(dir, device);
                    LlamaSession session = model.newSession(8)) {
                assertThat(session.forward(new int[] {1, 2, 3}).toFloats()).isEqualTo(shared);
            }
            assertThat(training.parameters().embedding().getFloat(0)).isNotZero();
        }
    }

    @Test
    void saysWhichTensorIsWrong() {
        ParameterSet parameters = initialised(CONFIG);
        HuggingFaceDirectory.write(dir, parameters, device, DType.F32);
        rewrite(parameters, "model.norm.weight", Optional.empty());
        refused("has no tensor 'model.norm.weight'");
        rewrite(parameters, "lm_head.weight", Optional.empty());
        refused("has no tensor 'lm_head.weight'");
        rewrite(parameters, "model.layers.2.mlp.up_proj.weight", Optional.of(workspace.allocate(DType.F32, 18, 21)));
        refused("'model.layers.2.mlp.up_proj.weight' is F32[18, 21]; config.json asks for [21, 18]");
        rewrite(parameters, "model.norm.weight", Optional.of(workspace.allocate(DType.I32, 18)));
        refused("'model.norm.weight' is I32[18]");
        SafetensorsWriter extra = new SafetensorsWriter();
        parameters.names().forEach(name -> extra.add(name, parameters.tensor(name)));
        extra.add("model.layers.0.self_attn.q_proj.bias", workspace.allocate(DType.F32, 18));
        extra.write(dir.resolve("model.safetensors"));
        refused("q_proj.bias");
    }

    private void rewrite(ParameterSet parameters, String replaced, Optional<Tensor> by) {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String name : parameters.names()) {
            if (!name.equals(replaced)) {
                writer.add(name, parameters.tensor(name));
            } else {
                by.ifPresent(tensor -> writer.add(name, tensor));
            }
        }
        writer.write(dir.resolve("model.safetensors"));
    }

    private void refused(String message) {
        assertThatThrownBy(() -> LlamaModel.load(dir, device))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("model.safetensors")
                .hasMessageContaining(message);
    }

    /** A configuration that asks for terabytes is caught by the weights' shapes, before anything is allocated for it. */
    @Test
    void aLyingConfigurationCostsNoMemory() throws Exception {
        HuggingFaceDirectory.write(dir, initialised(CONFIG), device, DType.F32);
        Path config = dir.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("\"intermediate_size\" : 21", "\"intermediate_size\" : 1048576")
                        .replace("\"vocab_size\" : 37", "\"vocab_size\" : 16777216"));
        assertThat(LlamaConfig.read(config).parameters()).isGreaterThan(300_000_000L);
        refused("config.json asks for [16777216, 18]");
    }

    @Test
    void aTruncatedOrMissingFileIsNamed() throws Exception {
        HuggingFaceDirectory.write(dir, initialised(CONFIG), device, DType.F32);
        Path weights = dir.resolve("model.safetensors");
        try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
            file.setLength(file.length() - 5);
        }
        refused("the file ends inside");
        Files.delete(weights);
        assertThatThrownBy(() -> LlamaModel.load(dir, device)).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> LlamaModel.load(dir.resolve("absent"), device))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("does not exist");
        assertThatThrownBy(() -> LlamaModel.load(dir.resolve("config.json"), device))
                .hasMessageContaining("is no directory");
    }

    /** Some published files hold rotary tables, or the tied head a second time. */
    @Test
    void leavesOutWhatIsDispensable() {
        LlamaConfig config = LlamaConfig.preset("tiny");
        ParameterSet parameters = initialised(config);
        HuggingFaceDirectory.write(dir, parameters, device, DType.F32);
        SafetensorsWriter writer = new SafetensorsWriter();
        parameters.names().forEach(name -> writer.add(name, parameters.tensor(name)));
        writer.add("lm_head.weight", parameters.embedding());
        writer.add("model.layers.0.self_attn.rotary_emb.inv_freq", workspace.allocate(DType.F32, 8));
        writer.write(dir.resolve("model.safetensors"));
        try (LlamaModel model = LlamaModel.load(dir, device)) {
            assertThat(model.weights().head().toFloats())
                    .isEqualTo(parameters.embedding().toFloats());
        }
        try (Safetensors file = Safetensors.open(dir)) {
            assertThat(file.names()).contains("lm_head.weight");
        }
    }
}
