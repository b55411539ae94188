package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.model.adapter.AdapterConfig;
import dev.cria.model.lora.AdapterInitializer;
import dev.cria.model.lora.AdapterOnBase;
import dev.cria.model.lora.AdapterParameters;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** LoRA on a frozen base: peft's logits and gradients, slopes along directions, bases of any type. */
class AdapterTrainingTest {
    private static final List<String> ALL =
            List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
    private static final LlamaConfig SMALL =
            new LlamaConfig(64, 96, 2, 4, 2, 16, 50, 64, 1e-5, 10000, new RopeScaling.None(), false, 1, List.of(2));

    private static AdapterConfig adapter(int rank, double dropout, List<String> targets) {
        return AdapterConfig.of(rank, 2.0 * rank, dropout, targets, Optional.empty());
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void logitsAndGradientsEqualPeft(TestDevice kind) {
        Path directory = ReferenceData.require("golden/finetuning/lora");
        int B = 2;
        int T = 20;
        try (Device device = kind.open();
                FrozenBase base =
                        FrozenBase.open(ReferenceData.require("golden/checkpoints/a-gqa"), device, Optional.empty());
                TrainableLlama model =
                        AdapterOnBase.model(device, base.weights(), AdapterConfig.read(directory), B, T);
                Safetensors matrices = Safetensors.open(directory.resolve("adapter_model.safetensors"));
                Safetensors expected = Safetensors.open(directory.resolve("golden.safetensors"))) {
            TrainableParameters trained = model.trained();
            assertThat(trained.names()).containsExactlyInAnyOrderElementsOf(matrices.names());
            trained.names().forEach(name -> device.upload(matrices.tensor(name).data(), trained.tensor(name)));
            model.parametersChanged();
            int[] ids = Golden.ints(expected.tensor("input_ids"));
            int[] targets = new int[ids.length];
            for (int n = 0; n < ids.length; n++) {
                targets[n] = n % T == T - 1 ? Batch.IGNORED : ids[n + 1];
            }
            Batch batch = Batch.of(B, T, ids, targets);
            double loss = Golden.json("finetuning/lora/golden.json").get("loss").doubleValue();
            assertThat(model.evaluate(batch) / batch.weight()).isCloseTo(loss, within(2e-5));
            assertLogits(device, model, expected.tensor("logits"));
            model.switchAdapter(false);
            model.evaluate(batch);
            assertLogits(device, model, expected.tensor("base_logits"));
            model.switchAdapter(true);
            model.zeroGradients();
            model.forwardBackward(batch, 1 / batch.weight());
            for (String name : trained.names()) {
                float[] actual = Golden.floats(device, model.gradients().tensor(name));
                float[] wanted = expected.tensor("grad." + name).toFloats();
                assertThat(Golden.maximumDifference(actual, wanted)).as(name).isLessThan(1e-5f);
                assertThat(Golden.relativeDistance(actual, wanted)).as(name).isLessThan(1e-5);
            }
        }
    }

    /** The logits of the last pass, from the normed residual stream it left. */
    private static void assertLogits(Device device, TrainableLlama model, Tensor expected) {
        int B = expected.size(0);
        int T = expected.size(1);
        try (Workspace workspace = device.workspace()) {
            Tensor logits = workspace.allocate(DType.F32, (long) B * T, expected.dim(2));
            Tensor normed = model.lastStep(B, T).scratch().normed();
            device.kernels()
                    .frozenLinear(logits, normed, List.of(model.weights().head()));
            assertThat(Golden.maximumDifference(Golden.floats(device, logits), expected.toFloats()))
                    .isLessThan(1e-4f);
        }
    }

    /** With dropout and noise on embeddings too: they are the same in each pass that draws from the same stream. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16", "Q8_0", "Q4_0"})
    void theSlopeAlongADirectionIsItsProductWithTheGradient(DType type, @TempDir Path directory) {
        writeBase(directory);
        for (List<String> targets :
                List.of(ALL, List.of("k_proj", "up_proj"), List.of("q_proj", "v_proj", "down_proj"))) {
            try (Device device = Golden.open(Tier.NATIVE);
                    FrozenBase base = FrozenBase.open(directory, device, Optional.of(type));
                    TrainableLlama model =
                            AdapterOnBase.model(device, base.weights(), adapter(3, 0.2, targets), 1, 40)) {
                TrainableParameters trained = model.trained();
                randomise(trained);
                model.draw(TrainingNoise.of(1, 2, 3, 5));
                Batch batch = batch(SMALL, new int[] {17, 5, 18}, 4);
                model.zeroGradients();
                double loss = model.forwardBackward(batch, 1);
                assertThat(model.evaluate(batch)).isNotCloseTo(loss, within(1e-4));
                float[] gradient = model.gradients().flat().toFloats();
                float[] origin = trained.flat().toFloats();
                double norm = Math.sqrt(
                        device.kernels().sumOfSquares(model.gradients().flat()));
                double size = 1e-2;
                double slope = (lossAt(model, batch, origin, gradient, size / norm)
                                - lossAt(model, batch, origin, gradient, -size / norm))
                        / 2;
                assertThat(slope).isCloseTo(size * norm, within(0.02 * size * norm));
            }
        }
    }

    private static double lossAt(TrainableLlama model, Batch batch, float[] origin, float[] step, double factor) {
        float[] moved = origin.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += (float) factor * step[i];
        }
        model.trained().flat().copyFrom(moved);
        double loss = model.forwardBackward(batch, 1);
        model.trained().flat().copyFrom(origin);
        return loss;
    }

    /** GGUF has other rows of queries and keys; an adapter's are Hugging Face's all the same. */
    @Test
    void anAdapterLearnsTheSameOnGgufAsOnHuggingFace() {
        List<float[]> gradients = new ArrayList<>();
        for (String path : List.of("golden/stories260k-hf", "golden/quant/stories260k-f32.gguf")) {
            try (Device device = Golden.open(Tier.NATIVE);
                    FrozenBase base = FrozenBase.open(ReferenceData.require(path), device, Optional.empty());
                    TrainableLlama model = AdapterOnBase.model(device, base.weights(), adapter(4, 0, ALL), 1, 40)) {
                randomise(model.trained());
                model.forwardBackward(batch(base.weights().config(), new int[] {40}, 8), 1);
                gradients.add(model.gradients().flat().toFloats());
            }
        }
        assertThat(Golden.relativeDistance(gradients.get(1), gradients.get(0))).isLessThan(1e-5);
    }

    @Test
    void threadsDoNotChangeABit(@TempDir Path directory) {
        writeBase(directory);
        List<float[]> gradients = new ArrayList<>();
        for (int threads = 1; threads <= 3; threads++) {
            try (Device device = CpuDevice.open(new CpuOptions(threads, Precision.F32, Tier.NATIVE));
                    FrozenBase base = FrozenBase.open(directory, device, Optional.of(DType.Q4_0));
                    TrainableLlama model = AdapterOnBase.model(device, base.weights(), adapter(4, 0.1, ALL), 1, 40)) {
                randomise(model.trained());
                model.draw(TrainingNoise.of(1, 2, 3, 5));
                model.forwardBackward(batch(SMALL, new int[] {40}, 8), 1);
                gradients.add(model.gradients().flat().toFloats());
            }
        }
        assertThat(gradients.get(1)).isEqualTo(gradients.get(0));
        assertThat(gradients.get(2)).isEqualTo(gradients.get(0));
    }

    @Test
    void onlyTheAdapterMoves(@TempDir Path directory) {
        writeBase(directory);
        try (Device device = Golden.open(Tier.NATIVE);
                Workspace workspace = device.workspace();
                FrozenBase base = FrozenBase.open(directory, device, Optional.of(DType.Q8_0));
                TrainableLlama model = AdapterOnBase.model(device, base.weights(), adapter(4, 0, ALL), 1, 40)) {
            AdapterInitializer.kaiming((AdapterParameters) model.trained(), SMALL, 3, device);
            byte[] before = bytes(base.weights());
            Batch batch = batch(SMALL, new int[] {40}, 8);
            double untouched = model.evaluate(batch);
            model.switchAdapter(false);
            assertThat(model.evaluate(batch)).as("B begins as zero").isEqualTo(untouched);
            model.switchAdapter(true);
            Tensor flat = model.trained().flat();
            Tensor first = workspace.allocate(DType.F32, flat.elements());
            Tensor second = workspace.allocate(DType.F32, flat.elements());
            double loss = untouched;
            for (int step = 1; step <= 10; step++) {
                model.zeroGradients();
                loss = model.forwardBackward(batch, 1 / batch.weight());
                device.kernels()
                        .adamW(
                                flat,
                                model.gradients().flat(),
                                first,
                                second,
                                new AdamWStep(1e-2f, 0.9f, 0.95f, 1e-8f, 0, 1, step));
            }
            assertThat(loss).isLessThan(0.8 * untouched);
            model.switchAdapter(false);
            assertThat(model.evaluate(batch)).isEqualTo(untouched);
            assertThat(bytes(base.weights())).isEqualTo(before);
        }
    }

    @Test
    void quantisedLayersLeaveEmbeddingAndHeadInBFloat16(@TempDir Path directory) {
        writeBase(directory);
        try (Device device = Golden.open(Tier.NATIVE);
                FrozenBase base = FrozenBase.open(directory, device, Optional.of(DType.Q4_0));
                FrozenBase wide = FrozenBase.open(directory, device, Optional.empty())) {
            assertThat(base.weights().embedding().dtype()).isEqualTo(DType.BF16);
            assertThat(base.weights().head().dtype()).isEqualTo(DType.BF16);
            assertThat(base.weights().layers().getLast().down().dtype()).isEqualTo(DType.Q4_0);
            assertThat(wide.weights().embedding().dtype()).isEqualTo(DType.F32);
            assertThat(base.fingerprint()).isNotEqualTo(wide.fingerprint());
            assertThatThrownBy(() -> FrozenBase.open(directory, device, Optional.of(DType.Q4_K)))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("blocks of 256");
        }
    }

    @Test
    void aFullModelHasNoAdapterAndAnAdapterNoParameterSet(@TempDir Path directory) {
        writeBase(directory);
        try (Device device = Golden.open(Tier.NATIVE);
                FrozenBase base = FrozenBase.open(directory, device, Optional.empty());
                TrainableLlama full = TrainableLlama.create(device, SMALL, 1, 8);
                TrainableLlama lora = AdapterOnBase.model(device, base.weights(), adapter(2, 0, ALL), 1, 8)) {
            assertThat(full.trained()).isSameAs(full.parameters());
            assertThatThrownBy(lora::parameters).isInstanceOf(IllegalStateException.class);
        }
    }

    private static byte[] bytes(LlamaWeights weights) {
        Tensor down = weights.layers().getLast().down();
        Tensor query = weights.layers().getFirst().qkv().getFirst();
        byte[] a = down.data().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        byte[] b = query.data().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private static void writeBase(Path directory) {
        try (Device device = Golden.open(Tier.NATIVE);
                Workspace workspace = device.workspace()) {
            ParameterSet parameters = ParameterSet.allocate(workspace, SMALL);
            Initializer.tinyLlama(parameters, 5, device);
            HuggingFaceDirectory.write(directory, parameters, device, DType.F32);
        }
    }

    /** B is zero at first, and A has no gradient then. */
    private static void randomise(TrainableParameters parameters) {
        SplittableRandom random = new SplittableRandom(6);
        for (String name : parameters.names()) {
            Tensor tensor = parameters.tensor(name);
            for (long i = 0; i < tensor.elements(); i++) {
                tensor.setFloat(i, (float) random.nextDouble(-0.2, 0.2));
            }
        }
    }

    private static Batch batch(LlamaConfig config, int[] lengths, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int tokens = Arrays.stream(lengths).sum();
        int[] inputs = new int[tokens];
        int[] targets = new int[tokens];
        for (int n = 0; n < tokens; n++) {
            inputs[n] = random.nextInt(config.vocabSize());
            targets[n] = random.nextInt(10) == 0 ? Batch.IGNORED : random.nextInt(config.vocabSize());
        }
        return Batch.packed(lengths, inputs, targets);
    }
}
