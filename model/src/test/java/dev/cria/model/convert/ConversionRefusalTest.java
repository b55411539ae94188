package dev.cria.model.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.model.Golden;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.Initializer;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.ParameterSet;
import dev.cria.model.RopeScaling;
import dev.cria.model.gguf.GgufFile;
import dev.cria.model.gguf.GgufTensor;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.Tier;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is not converted, and that nothing is left of it; and which types the tensors of a quantised file get. */
class ConversionRefusalTest {
    /** Rows of 256 and 320: the second are no multiple of 256. */
    private static final LlamaConfig CONFIG =
            new LlamaConfig(256, 320, 4, 4, 2, 64, 96, 64, 1e-5, 10000, new RopeScaling.None(), false, 1, List.of(2));

    @TempDir
    private Path directory;

    private Device device;
    private Workspace workspace;
    private ParameterSet parameters;
    private Path model;

    @BeforeEach
    void open() {
        device = Golden.open(Tier.VECTOR);
        workspace = device.workspace();
        parameters = ParameterSet.allocate(workspace, CONFIG);
        Initializer.tinyLlama(parameters, 5, device);
        model = directory.resolve("model");
        HuggingFaceDirectory.write(model, parameters, device, DType.F32);
    }

    @AfterEach
    void close() {
        workspace.close();
        device.close();
    }

    private ConversionResult convert(Path output, ConversionOptions options) {
        return ModelConverter.run(model, output, options, device, progress -> {});
    }

    private void refused(Path output, ConversionOptions options, String what) throws IOException {
        List<Path> before = listed();
        assertThatThrownBy(() -> convert(output, options))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(what);
        assertThat(listed()).as("nothing is left").isEqualTo(before);
    }

    private List<Path> listed() throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.sorted().toList();
        }
    }

    private static ConversionOptions gguf(TargetType type) {
        return new ConversionOptions(ModelFormat.GGUF, type);
    }

    @ParameterizedTest
    @CsvSource({"NaN, GGUF, F32", "Infinity, GGUF, Q4_0", "-Infinity, HF, F32", "NaN, HF, BF16", "NaN, GGUF, Q4_K_M"})
    void weightsThatAreNoNumbers(float value, ModelFormat format, TargetType type) throws IOException {
        parameters.tensor("model.layers.3.mlp.up_proj.weight").setFloat(256 * 17 + 3, value);
        HuggingFaceDirectory.write(model, parameters, device, DType.F32);
        String name = format == ModelFormat.GGUF ? "blk.3.ffn_up.weight" : "model.layers.3.mlp.up_proj.weight";
        refused(
                directory.resolve("out"),
                new ConversionOptions(format, type),
                "tensor '" + name + "' has NaN or infinite weights, the first in row 17");
    }

    @ParameterizedTest
    @CsvSource({"F32, gguf, blk.3.ffn_down.weight", "BF16, hf, model.layers.3.mlp.down_proj.weight"})
    void logitsOfDamagedWeightsAreRefusedByTheTensorsName(DType stored, String format, String name) throws IOException {
        Path damaged = model;
        if (format.equals("gguf")) {
            damaged = directory.resolve("damaged.gguf");
            convert(damaged, gguf(TargetType.F32));
            GgufTensor tensor;
            try (GgufFile file = GgufFile.open(damaged)) {
                tensor = file.find(name).orElseThrow();
            }
            try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
                file.seek(tensor.begin() + 4000);
                file.write(new byte[] {0, 0, (byte) 0xC0, 0x7F}); // a NaN
            }
        } else {
            parameters.tensor(name).setFloat(1000, Float.NEGATIVE_INFINITY);
            HuggingFaceDirectory.write(model, parameters, device, stored);
        }
        try (LlamaModel loaded = LlamaModel.load(damaged, device);
                LlamaSession session = loaded.newSession(8)) {
            float[] logits = new float[CONFIG.vocabSize()];
            assertThatThrownBy(() -> session.forwardLast(new int[] {1, 2, 3}, logits))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("logits are not finite: tensor '" + name + "' has NaN or infinite weights");
        }
    }

    @Test
    void normsAreCheckedToo() throws IOException {
        parameters.tensor("model.norm.weight").setFloat(3, Float.NaN);
        HuggingFaceDirectory.write(model, parameters, device, DType.F32);
        refused(directory.resolve("out.gguf"), gguf(TargetType.Q8_0), "tensor 'output_norm.weight' has NaN");
    }

    @Test
    void weightsThatFloat16CannotHold() throws IOException {
        parameters.tensor("lm_head.weight").setFloat(256 * 95, 70_000);
        HuggingFaceDirectory.write(model, parameters, device, DType.F32);
        refused(
                directory.resolve("out.gguf"),
                gguf(TargetType.F16),
                "tensor 'output.weight' has weights too large for F16, the first in row 95");
        convert(directory.resolve("wide.gguf"), gguf(TargetType.BF16));
        assertThat(directory.resolve("wide.gguf")).exists();
    }

    @Test
    void outputsThatAreTaken() throws IOException {
        Path taken = Files.writeString(directory.resolve("taken.gguf"), "mine");
        refused(taken, gguf(TargetType.F32), "is there already");
        assertThat(taken).hasContent("mine");
        convert(taken, gguf(TargetType.F32).withForce(true));
        GgufFile.open(taken).close();
        refused(model, new ConversionOptions(ModelFormat.HF, TargetType.BF16).withForce(true), "is to be converted");
        Path folder = Files.createDirectory(directory.resolve("folder"));
        Files.writeString(folder.resolve("diary.txt"), "mine");
        refused(folder, new ConversionOptions(ModelFormat.HF, TargetType.BF16).withForce(true), "no folder of a model");
        refused(folder, gguf(TargetType.F32).withForce(true), "is a folder");
        refused(directory.resolve("no/where.gguf"), gguf(TargetType.F32), "does not exist");
        assertThat(folder.resolve("diary.txt")).hasContent("mine");
    }

    @Test
    void aModelsFolderIsReplacedWhenForced() {
        Path output = directory.resolve("out");
        convert(output, new ConversionOptions(ModelFormat.HF, TargetType.F32));
        convert(output, new ConversionOptions(ModelFormat.HF, TargetType.BF16).withForce(true));
        assertThat(output.resolve("config.json")).content().contains("bfloat16");
        assertThat(directory.resolve("out.old")).doesNotExist();
        assertThat(directory.resolve("out.tmp")).doesNotExist();
    }

    @Test
    void leftoversOfAKilledRunAreNoHindrance() throws IOException {
        Path output = directory.resolve("out");
        Files.createDirectory(directory.resolve("out.tmp"));
        Files.writeString(directory.resolve("out.tmp/model.safetensors.tmp"), "half");
        convert(output, new ConversionOptions(ModelFormat.HF, TargetType.F32));
        Files.writeString(directory.resolve("out.gguf.tmp"), "half");
        convert(directory.resolve("out.gguf"), gguf(TargetType.Q8_0));
        assertThat(directory.resolve("out.tmp")).doesNotExist();
        assertThat(directory.resolve("out.gguf.tmp")).doesNotExist();
    }

    @Test
    void directoriesHoldNoQuantisedWeights() {
        assertThatThrownBy(() -> new ConversionOptions(ModelFormat.HF, TargetType.Q4_0))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("f32, bf16 or f16 weights, not q4_0");
        assertThatThrownBy(() -> TargetType.parse("q3_k"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("'q3_k'");
    }

    @ParameterizedTest
    @EnumSource(TargetType.class)
    void everyTypeLoadsAndSaysNearlyTheSame(TargetType type) {
        Path output = directory.resolve(type + ".gguf");
        ConversionResult result = convert(output, gguf(type));
        assertThat(result.notices().toString()).contains("has no tokenizer");
        double allowed = switch (type) {
            case F32 -> 1e-6;
            case F16 -> 2e-3;
            case BF16, Q8_0 -> 2e-2;
            case Q6_K -> 8e-2;
            case Q4_0, Q4_K_M -> 0.35;
        };
        try (LlamaModel exact = LlamaModel.load(model, device);
                LlamaModel narrow = LlamaModel.load(output, device)) {
            assertThat(Golden.relativeDistance(logits(narrow), logits(exact))).isLessThan(allowed);
        }
    }

    private static float[] logits(LlamaModel loaded) {
        try (LlamaSession session = loaded.newSession(8)) {
            return session.forward(new int[] {1, 5, 60, 90, 33, 2, 7, 8}).toFloats();
        }
    }

    @Test
    void mixturesAreLlamaCpps() {
        TypeMixture tiny = new TypeMixture(TargetType.Q4_K_M, 22, false, false);
        long[] matrix = {2048, 2048};
        for (String part : List.of("attn_v", "ffn_down")) {
            List<Integer> more = Stream.iterate(0, i -> i + 1)
                    .limit(22)
                    .filter(i -> tiny.of("blk." + i + "." + part + ".weight", matrix) == DType.Q6_K)
                    .toList();
            assertThat(more).containsExactly(0, 1, 4, 7, 10, 13, 16, 19, 20, 21);
        }
        assertThat(tiny.of("blk.0.attn_q.weight", matrix)).isEqualTo(DType.Q4_K);
        assertThat(tiny.of("token_embd.weight", matrix)).isEqualTo(DType.Q4_K);
        assertThat(tiny.of("output.weight", matrix)).isEqualTo(DType.Q6_K);
        assertThat(tiny.of("blk.0.attn_norm.weight", new long[] {2048})).isEqualTo(DType.F32);
        assertThat(tiny.of("blk.2.ffn_down.weight", new long[] {64, 320})).isEqualTo(DType.Q5_0);
        assertThat(tiny.of("blk.0.ffn_down.weight", new long[] {64, 320})).isEqualTo(DType.Q8_0);
        assertThat(tiny.of("blk.2.ffn_down.weight", new long[] {64, 172})).isEqualTo(DType.F16);
        assertThat(new TypeMixture(TargetType.Q4_K_M, 22, true, false).of("token_embd.weight", matrix))
                .isEqualTo(DType.Q6_K);
        TypeMixture four = new TypeMixture(TargetType.Q4_0, 22, false, false);
        assertThat(four.of("output.weight", matrix)).isEqualTo(DType.Q6_K);
        assertThat(four.of("output.weight", new long[] {512, 64})).isEqualTo(DType.Q8_0);
        assertThat(four.of("blk.0.ffn_down.weight", matrix)).isEqualTo(DType.Q4_0);
        assertThat(new TypeMixture(TargetType.Q4_0, 22, false, true).of("output.weight", matrix))
                .isEqualTo(DType.Q4_0);
        assertThat(new TypeMixture(TargetType.Q8_0, 22, false, false).of("output.weight", matrix))
                .isEqualTo(DType.Q8_0);
        assertThat(new TypeMixture(TargetType.Q4_K_M, 80, false, false).of("blk.11.attn_v.weight", matrix))
                .isEqualTo(DType.Q5_K);
        assertThat(new TypeMixture(TargetType.F16, 22, false, false).of("output.weight", matrix))
                .isEqualTo(DType.F16);
    }
}
