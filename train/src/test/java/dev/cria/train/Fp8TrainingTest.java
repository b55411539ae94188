package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.cuda.CudaDevice;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.tensor.cpu.Precision;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run in FP8 on a GPU, real or emulated. */
class Fp8TrainingTest {
    @TempDir
    static Path shared;

    private static Path data;

    @BeforeAll
    static void writeData() throws Exception {
        data = SmallRun.data(shared);
    }

    private static Recipe recipe(String... settings) {
        return SmallRun.recipe(data, settings);
    }

    private static void run(Recipe recipe, RunOptions options, Precision precision) {
        Trainer.run(recipe, options, new SmallRun.Told(), _ -> {
            CudaDevice device = CudaDevice.open(GpuUnderTest.options().withPrecision(precision));
            return precision == Precision.FP8 ? TrainingDevice.narrow(device, "GPU") : TrainingDevice.of(device, "GPU");
        });
    }

    private static List<Double> losses(Path run) throws Exception {
        return History.read(run.resolve("metrics.jsonl")).steps().stream()
                .map(StepMetrics::loss)
                .toList();
    }

    /** Each number is off by 3 % on average, the loss of a step by far less; on average over the last steps the runs must agree. */
    @Test
    void lossesFollowThoseOfBf16(@TempDir Path folder) throws Exception {
        run(recipe(), SmallRun.options(folder.resolve("wide")), Precision.BF16);
        run(recipe(), SmallRun.options(folder.resolve("narrow")), Precision.FP8);
        List<Double> wide = losses(folder.resolve("wide"));
        List<Double> narrow = losses(folder.resolve("narrow"));
        for (int i = 0; i < wide.size(); i++) {
            assertThat(narrow.get(i)).as("step %d", i + 1).isCloseTo(wide.get(i), within(0.02 * wide.get(i)));
        }
        assertThat(average(narrow)).isCloseTo(average(wide), within(0.01 * average(wide)));
        assertThat(wide.getLast()).isLessThan(0.8 * wide.getFirst());
        assertThat(narrow).isNotEqualTo(wide);
    }

    private static double average(List<Double> losses) {
        return losses.subList(losses.size() / 2, losses.size()).stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElseThrow();
    }

    /** What is remembered of matrices from step to step must not show: a run that begins in the middle remembers nothing. */
    @Test
    void resumedNumbersAndFilesAreTheSameToTheLastBit(@TempDir Path folder) throws Exception {
        Path whole = folder.resolve("whole");
        Path cut = folder.resolve("cut");
        Path computedAgain = folder.resolve("again");
        run(recipe(), SmallRun.options(whole), Precision.FP8);
        AtomicInteger steps = new AtomicInteger();
        run(recipe(), SmallRun.options(cut).withStopRequested(() -> steps.incrementAndGet() == 7), Precision.FP8);
        run(recipe(), SmallRun.resume(cut), Precision.FP8);
        run(recipe("training.recompute=full"), SmallRun.options(computedAgain), Precision.FP8);
        for (Path other : List.of(cut, computedAgain)) {
            assertThat(SmallRun.numbers(other)).isEqualTo(SmallRun.numbers(whole));
            for (String file : List.of("model.safetensors", "optimizer.safetensors")) {
                assertThat(other.resolve("checkpoints/step-00000020").resolve(file))
                        .hasSameBinaryContentAs(
                                whole.resolve("checkpoints/step-00000020").resolve(file));
            }
        }
    }
}
