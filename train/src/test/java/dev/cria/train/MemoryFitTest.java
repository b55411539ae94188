package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.model.LlamaConfig;
import dev.cria.model.layers.Recompute;
import dev.cria.tensor.DType;
import dev.cria.tensor.FarDevice;
import dev.cria.train.recipe.Recipe;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TinyLlama-1.1B on cards of several sizes. */
class MemoryFitTest {
    private static final long GB = 1_000_000_000L;
    private static final LlamaConfig CONFIG = LlamaConfig.preset("tinyllama-1.1b");

    private static MemoryFit fit(long bytes, String... settings) {
        return fit(TrainingDevice.of(FarDevice.open(DType.BF16, bytes), "far"), settings);
    }

    private static MemoryFit fit(TrainingDevice opened, String... settings) {
        Recipe recipe = Recipe.parse("""
                model: {preset: tinyllama-1.1b}
                data: [{path: data}]
                training: {device: cuda, sequence_length: 2048, micro_batch: auto, batch_sequences: 100, steps: 10}
                schedule: {warmup_steps: 0}
                """, "large.yaml", List.of(settings));
        Timeline timeline = Timeline.of(recipe, 2048);
        try (TrainingDevice device = opened) {
            return MemoryFit.of(recipe, CONFIG, timeline, Optional.empty(), device);
        }
    }

    /** 100 sequences are 7 passes of 15: 16 would make as many. */
    @ParameterizedTest
    @CsvSource({"80, none, 15", "40, none, 9", "40, full, 15", "26, none, 2", "26, full, 13", "20, full, 1"})
    void autoIsTheLargestThatFitsAndGainsAnything(long gigabytes, String recompute, int expected) {
        MemoryFit fit = fit(gigabytes * GB, "training.recompute=" + recompute);
        int chosen = fit.microBatch();
        assertThat(chosen).isEqualTo(expected);
    }

    /** Two bytes for each of a billion weights in the layers, and the operands of one layer. */
    @Test
    void copiesInEightBitsTakeTheirPlace() {
        MemoryFit wide = fit(80 * GB);
        MemoryFit narrow = fit(TrainingDevice.narrow(FarDevice.open(DType.BF16, 80 * GB), "far"));
        long more = narrow.memory(narrow.capacity(15)).total()
                - wide.memory(wide.capacity(15)).total();
        assertThat(more).isBetween(2_600_000_000L, 3_000_000_000L);
        assertThat(fit(TrainingDevice.narrow(FarDevice.open(DType.BF16, 26 * GB), "far"))
                        .microBatch())
                .isEqualTo(1);
    }

    @Test
    void whatIsChosenFits() {
        for (long gigabytes : new long[] {24, 40, 80}) {
            MemoryFit fit = fit(gigabytes * GB);
            int chosen = fit.microBatch();
            fit.require(chosen);
            assertThat(fit.memory(fit.capacity(chosen)).total() + fit.reserve()).isLessThan(gigabytes * GB);
            assertThat(fit.capacity(chosen).microBatches()).isEqualTo(Math.ceilDiv(100, chosen));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "48, 16, none, set training.recompute=attention",
        "32, 16, none, set training.recompute=full",
        "26, 32, attention, set training.micro_batch=3 or auto",
        "12, 1, full, lower training.sequence_length"
    })
    void aRefusalSaysByHowMuchAndWhatHelps(long gigabytes, int microBatch, String recompute, String hint) {
        MemoryFit fit = fit(gigabytes * GB, "training.micro_batch=" + microBatch, "training.recompute=" + recompute);
        assertThatThrownBy(() -> fit.require(fit.microBatch())).isInstanceOfSatisfying(UserError.class, error -> {
            assertThat(error.what())
                    .contains("the GPU has " + gigabytes + " GB free")
                    .contains("too much");
            assertThat(error.hint()).startsWith(hint);
            assertThat(error.exitCode()).isEqualTo(UserError.REFUSED);
        });
    }

    @Test
    void theHostsMemoryIsNotFilledUp() {
        Recipe recipe = SmallRun.recipe(java.nio.file.Path.of("data"), "training.micro_batch=auto");
        Timeline timeline = Timeline.of(recipe, 32);
        try (TrainingDevice device = TrainingDevice.open(recipe)) {
            MemoryFit fit = MemoryFit.of(recipe, LlamaConfig.preset("tiny"), timeline, Optional.empty(), device);
            assertThat(fit.microBatch()).isEqualTo(8);
            assertThat(fit.capacity(8).recompute()).isEqualTo(Recompute.NONE);
        }
    }
}
