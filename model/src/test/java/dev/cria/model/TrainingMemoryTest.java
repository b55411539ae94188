package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Tier;
import org.junit.jupiter.api.Test;

class TrainingMemoryTest {
    @Test
    void thePlanIsWhatIsAllocated() {
        for (String name : new String[] {"tiny", "stories260k", "quickstart"}) {
            LlamaConfig config = LlamaConfig.preset(name);
            try (Device device = Golden.open(Tier.SCALAR);
                    TrainableLlama model = TrainableLlama.create(device, config, 3, 17)) {
                TrainingMemory plan = TrainingMemory.of(config, 3, 17);
                assertThat(model.allocatedBytes()).isEqualTo(plan.total() - plan.optimizer());
            }
        }
    }

    /** The limits that issue and design name for micro-batches of 8 x 256 tokens, less 0.6 GB for the Java process itself. */
    @Test
    void fitsBesideTheProcess() {
        assertThat(TrainingMemory.of(LlamaConfig.preset("15m"), 8, 256).total()).isLessThan(600_000_000L);
        assertThat(TrainingMemory.of(LlamaConfig.preset("110m"), 8, 256).total())
                .isLessThan(2_850_000_000L);
    }

    @Test
    void refusesBatchesItHasNoMemoryFor() {
        try (Device device = Golden.open(Tier.SCALAR);
                TrainableLlama model = TrainableLlama.create(device, LlamaConfig.preset("tiny"), 2, 8)) {
            assertThatThrownBy(() -> model.evaluate(Batch.of(1, 9, new int[9], new int[9])))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> model.evaluate(Batch.of(1, 2, new int[] {0, 512}, new int[2])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("vocabulary");
            assertThatThrownBy(() -> Batch.of(1, 2, new int[3], new int[2]))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
