package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Tier;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sequences of different lengths in one batch: none knows of the others. */
class PackedBatchTest {
    private static final int[] LENGTHS = {7, 33, 1, 20, 20, 12};
    private static final int TOKENS = Arrays.stream(LENGTHS).sum();

    private static LlamaConfig config() {
        return LlamaConfig.preset("tiny").withVocabulary(50, 1, java.util.List.of(2));
    }

    private static int[] random(Random random, double ignored) {
        return random.ints(TOKENS, 0, 50)
                .map(id -> random.nextDouble() < ignored ? Batch.IGNORED : id)
                .toArray();
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void aPackedBatchGivesTheLossesAndGradientsOfItsSequencesAlone(TestDevice kind) {
        Random random = new Random(5);
        int[] inputs = random(random, 0);
        int[] targets = random(random, 0.5);
        Batch packed = Batch.packed(LENGTHS, inputs, targets);
        try (Device device = kind.open();
                TrainableLlama together = TrainableLlama.create(device, config(), 2, 64);
                TrainableLlama alone = TrainableLlama.create(device, config(), 1, 64)) {
            Initializer.tinyLlama(together.parameters(), 3, device);
            Initializer.tinyLlama(alone.parameters(), 3, device);
            double scale = 1 / packed.weight();
            double loss = together.forwardBackward(packed, scale);
            double sum = 0;
            double evaluated = 0;
            int first = 0;
            for (int length : LENGTHS) {
                Batch single = Batch.of(
                        1,
                        length,
                        Arrays.copyOfRange(inputs, first, first + length),
                        Arrays.copyOfRange(targets, first, first + length));
                sum += alone.forwardBackward(single, scale);
                evaluated += alone.evaluate(single);
                first += length;
            }
            assertThat(loss).isCloseTo(sum, within(1e-5 * sum));
            assertThat(together.evaluate(packed)).isCloseTo(evaluated, within(1e-5 * sum));
            for (String name : together.gradients().names()) {
                float[] wanted = Golden.floats(device, alone.gradients().tensor(name));
                float[] actual = Golden.floats(device, together.gradients().tensor(name));
                assertThat(Golden.relativeDistance(actual, wanted)).as(name).isLessThan(2e-5);
            }
        }
    }

    @Test
    void whatPrecedesASequenceDoesNotChangeABitOfItsLoss() {
        Random random = new Random(6);
        int[] inputs = random(random, 0);
        int[] targets = new int[TOKENS];
        Arrays.fill(targets, Batch.IGNORED);
        for (int n = TOKENS - LENGTHS[LENGTHS.length - 1]; n < TOKENS; n++) {
            targets[n] = random.nextInt(50);
        }
        try (Device device = Golden.open(Tier.SCALAR);
                TrainableLlama model = TrainableLlama.create(device, config(), 2, 64)) {
            Initializer.tinyLlama(model.parameters(), 3, device);
            double before = model.evaluate(Batch.packed(LENGTHS, inputs, targets));
            inputs[TOKENS - LENGTHS[LENGTHS.length - 1] - 1] ^= 1;
            inputs[0] ^= 1;
            assertThat(model.evaluate(Batch.packed(LENGTHS, inputs, targets))).isEqualTo(before);
        }
    }

    @Test
    void lengthsThatDoNotFillTheRowAreRefused() {
        assertThatThrownBy(() -> Batch.packed(new int[] {2, 2}, new int[5], new int[5]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[2, 2]");
        assertThatThrownBy(() -> Batch.packed(new int[] {5, 0}, new int[5], new int[5]))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
