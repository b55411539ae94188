package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.model.adapter.AdapterConfig;
import dev.cria.model.layers.Recompute;
import dev.cria.model.lora.AdapterInitializer;
import dev.cria.model.lora.AdapterOnBase;
import dev.cria.model.lora.AdapterParameters;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.FarDevice;
import dev.cria.tensor.cpu.Tier;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is computed again has the bits it had; what memory is planned is what is taken. */
class RecomputeTest {
    private static final int[] LENGTHS = {7, 33, 1, 20, 3};
    private static final LlamaConfig CONFIG = LlamaConfig.preset("tiny").withVocabulary(50, 1, List.of(2));

    static Stream<TestDevice> devices() {
        return Stream.concat(TestDevice.all(), TestDevice.halves());
    }

    private static Batch batch() {
        Random random = new Random(4);
        int[] ids = random.ints(64, 0, 50).toArray();
        int[] targets = random.ints(64, -1, 50).toArray();
        return Batch.packed(LENGTHS, ids, targets);
    }

    @ParameterizedTest
    @MethodSource("devices")
    void gradientsHaveTheSameBits(TestDevice kind) {
        List<float[]> gradients = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        try (Device device = kind.open()) {
            for (Recompute recompute : Recompute.values()) {
                try (TrainableLlama model =
                        TrainableLlama.create(device, CONFIG, Capacity.of(2, 40).withRecompute(recompute))) {
                    Initializer.tinyLlama(model.parameters(), 3, device);
                    model.parametersChanged();
                    losses.add(model.forwardBackward(batch(), 0.1));
                    gradients.add(Golden.floats(device, model.gradients().flat()));
                }
            }
        }
        assertThat(losses.get(0)).isPositive();
        assertThat(losses).containsOnly(losses.get(0));
        assertThat(gradients.get(1)).isEqualTo(gradients.get(0));
        assertThat(gradients.get(2)).isEqualTo(gradients.get(0));
    }

    /** Dropout is drawn again as it was. */
    @ParameterizedTest
    @MethodSource("devices")
    void gradientsOfAnAdapterWithDropoutToo(TestDevice kind) {
        List<float[]> gradients = new ArrayList<>();
        AdapterConfig adapter = AdapterConfig.of(
                4, 8, 0.3, List.of("q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"), Optional.empty());
        try (Device device = kind.open();
                TrainableLlama base = TrainableLlama.create(device, CONFIG, 1, 1)) {
            Initializer.tinyLlama(base.parameters(), 3, device);
            for (Recompute recompute : Recompute.values()) {
                try (TrainableLlama model = AdapterOnBase.model(
                        device, base.weights(), adapter, Capacity.of(2, 40).withRecompute(recompute))) {
                    AdapterInitializer.kaiming((AdapterParameters) model.trained(), CONFIG, 5, device);
                    device.kernels().addNoise(model.trained().flat(), 0.05f, 6);
                    model.parametersChanged();
                    model.draw(TrainingNoise.of(1, 2, 3, 5));
                    model.forwardBackward(batch(), 0.1);
                    gradients.add(Golden.floats(device, model.gradients().flat()));
                }
            }
        }
        assertThat(gradients.get(0)).isNotEqualTo(new float[gradients.get(0).length]);
        assertThat(gradients.get(1)).isEqualTo(gradients.get(0));
        assertThat(gradients.get(2)).isEqualTo(gradients.get(0));
    }

    @Test
    void thePlanIsWhatIsAllocated() {
        AdapterConfig adapter = AdapterConfig.of(4, 8, 0.1, List.of("q_proj", "up_proj"), Optional.empty());
        for (DType type : List.of(DType.F32, DType.BF16)) {
            try (Device device = FarDevice.open(type)) {
                long least = Long.MAX_VALUE;
                for (Recompute recompute : Recompute.values()) {
                    for (String name : List.of("tiny", "quickstart")) {
                        LlamaConfig config = LlamaConfig.preset(name);
                        Capacity capacity = new Capacity(3, 17, 4, recompute);
                        TrainingMemory plan = TrainingMemory.of(config, capacity, type);
                        try (TrainableLlama model = TrainableLlama.create(device, config, capacity)) {
                            assertThat(model.allocatedBytes()).isEqualTo(plan.total() - plan.optimizer());
                            TrainingMemory withBase = AdapterOnBase.memory(model.weights(), adapter, capacity, type);
                            try (TrainableLlama lora =
                                    AdapterOnBase.model(device, model.weights(), adapter, capacity)) {
                                assertThat(lora.allocatedBytes())
                                        .isEqualTo(withBase.total() - withBase.optimizer() - withBase.base());
                            }
                        }
                    }
                    long tiny = TrainingMemory.of(CONFIG, new Capacity(3, 17, 4, recompute), type)
                            .activations();
                    assertThat(tiny).isLessThan(least);
                    least = tiny;
                }
            }
        }
    }

    /** TinyLlama-1.1B on a card of 40 GB and on one of 80 GB, with room for what the device itself takes. */
    @Test
    void theLargeModelFitsItsCards() {
        LlamaConfig config = LlamaConfig.preset("tinyllama-1.1b");
        long at4 = TrainingMemory.of(config, Capacity.of(4, 2048), DType.BF16).total();
        long at16 = TrainingMemory.of(config, Capacity.of(16, 2048), DType.BF16).total();
        assertThat(at4).isLessThan(30_000_000_000L);
        assertThat(at16).isLessThan(54_000_000_000L);
    }

    @Test
    void lossesAreToldWhenTheyAreAskedForAndNotTooLate() {
        try (FarDevice device = FarDevice.open(DType.F32);
                TrainableLlama model = TrainableLlama.create(device, CONFIG, new Capacity(2, 40, 2, Recompute.NONE));
                Device near = Golden.open(Tier.VECTOR);
                TrainableLlama other = TrainableLlama.create(near, CONFIG, 2, 40)) {
            Initializer.tinyLlama(model.parameters(), 3, device);
            Initializer.tinyLlama(other.parameters(), 3, near);
            long before = device.waits();
            Batch small = Batch.of(1, 2, new int[] {4, 5}, new int[] {5, 6});
            DoubleSupplier first = model.learn(batch(), 1);
            DoubleSupplier second = model.learn(small, 1);
            assertThat(device.waits()).as("nothing is waited for").isEqualTo(before);
            assertThat(first.getAsDouble()).isEqualTo(other.forwardBackward(batch(), 1));
            assertThat(second.getAsDouble()).isEqualTo(other.forwardBackward(small, 1));
            model.learn(small, 1);
            assertThat(second.getAsDouble()).isPositive();
            assertThatThrownBy(first::getAsDouble).isInstanceOf(IllegalStateException.class);
        }
    }
}
