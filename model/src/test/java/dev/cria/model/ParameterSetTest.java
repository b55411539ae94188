package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.cpu.Tier;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class ParameterSetTest {
    // Odd sizes, so that parts need gaps between them.
    private static final LlamaConfig ODD =
            new LlamaConfig(18, 21, 3, 3, 1, 6, 37, 16, 1e-5, 10000, new RopeScaling.None(), false, 1, List.of(2));

    private static ParameterSet allocate(Arena arena, LlamaConfig config) {
        long elements = ParameterSet.flatElements(config);
        return ParameterSet.over(Tensor.of(DType.F32, arena.allocate(elements * 4, 64), elements), config);
    }

    @Test
    void namesCoverEveryParameterOnce() {
        try (Arena arena = Arena.ofConfined()) {
            for (LlamaConfig config : List.of(ODD, LlamaConfig.preset("tiny"))) {
                ParameterSet set = allocate(arena, config);
                long named = 0;
                for (String name : set.names()) {
                    Tensor tensor = set.tensor(name);
                    named += tensor.elements();
                    for (long i = 0; i < tensor.elements(); i++) {
                        tensor.setFloat(i, tensor.getFloat(i) + 1);
                    }
                }
                assertThat(named).isEqualTo(config.parameters());
                double sum = 0;
                for (float value : set.flat().toFloats()) {
                    assertThat(value).isBetween(0f, 1f);
                    sum += value;
                }
                assertThat(sum).isEqualTo((double) config.parameters());
                assertThat(set.matrices().elements() + set.vectors().elements())
                        .isEqualTo(set.flat().elements());
                assertThat(set.isMatrix("model.norm.weight")).isFalse();
                assertThat(set.isMatrix("model.embed_tokens.weight")).isTrue();
            }
        }
    }

    @Test
    void mergedMatricesHoldTheNamedOnesAsRows() {
        try (Arena arena = Arena.ofConfined()) {
            ParameterSet set = allocate(arena, ODD);
            set.tensor("model.layers.1.self_attn.k_proj.weight").setFloat(0, 7);
            set.tensor("model.layers.2.mlp.up_proj.weight").setFloat(5, 8);
            assertThat(set.layer(1).qkv().getFloat(18L * 18)).isEqualTo(7);
            assertThat(set.layer(2).gateUp().getFloat(21L * 18 + 5)).isEqualTo(8);
            assertThat(set.layer(0).qkv().dims()).containsExactly(30, 18);
            for (String name : set.names()) {
                // The merged parts begin at 64 bytes; rows inside them need not.
                if (!name.contains("k_proj") && !name.contains("v_proj") && !name.contains("up_proj")) {
                    assertThat(set.tensor(name).data().address() % 64).isZero();
                }
            }
        }
    }

    @Test
    void hasTheNamesAndShapesOfHuggingFace() {
        try (Safetensors file =
                        Safetensors.open(ReferenceData.require("golden/checkpoints/c-llama3/model.safetensors"));
                Arena arena = Arena.ofConfined()) {
            ParameterSet set =
                    allocate(arena, LlamaConfig.read(ReferenceData.require("golden/checkpoints/c-llama3/config.json")));
            assertThat(set.names()).containsExactlyInAnyOrderElementsOf(file.names());
            for (String name : set.names()) {
                assertThat(set.tensor(name).dims())
                        .containsExactly(file.find(name).orElseThrow().dims());
            }
        }
    }

    @Test
    void refusesAFlatTensorOfAnotherSize() {
        try (Arena arena = Arena.ofConfined()) {
            long elements = ParameterSet.flatElements(ODD);
            for (long wrong : new long[] {elements - 16, elements + 16, 0}) {
                Tensor flat = Tensor.of(DType.F32, arena.allocate(wrong * 4, 64), wrong);
                assertThatThrownBy(() -> ParameterSet.over(flat, ODD)).isInstanceOf(IllegalArgumentException.class);
            }
            assertThatThrownBy(() -> allocate(arena, ODD).tensor("nothing"))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void initialisesAsTinyLlama() {
        try (Device device = Golden.open(Tier.SCALAR);
                Arena arena = Arena.ofConfined()) {
            LlamaConfig config = LlamaConfig.preset("quickstart");
            ParameterSet set = allocate(arena, config);
            Initializer.tinyLlama(set, 42, device);
            double usual = Math.sqrt(2.0 / (5 * 256));
            double output = 1 / (Math.sqrt(256) * 6);
            for (String name : set.names()) {
                float[] values = set.tensor(name).toFloats();
                if (!set.isMatrix(name)) {
                    assertThat(values).containsOnly(1f);
                    continue;
                }
                boolean residual = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
                double expected = residual ? output : usual;
                double mean = 0;
                double square = 0;
                for (float value : values) {
                    mean += value / values.length;
                    square += (double) value * value / values.length;
                }
                // Four standard errors of the mean and of the deviation.
                double n = values.length;
                assertThat(mean).isCloseTo(0, within(4 * expected / Math.sqrt(n)));
                assertThat(Math.sqrt(square)).isCloseTo(expected, within(4 * expected / Math.sqrt(2 * n)));
            }
        }
    }

    @Test
    void initialValuesDependOnSeedNameAndIndexAlone() {
        try (Device device = Golden.open(Tier.SCALAR);
                Arena arena = Arena.ofConfined()) {
            ParameterSet a = allocate(arena, ODD);
            ParameterSet b = allocate(arena, ODD.withVocabSize(50));
            ParameterSet c = allocate(arena, ODD);
            Initializer.tinyLlama(a, 1, device);
            Initializer.tinyLlama(b, 1, device);
            Initializer.tinyLlama(c, 2, device);
            String name = "model.layers.1.mlp.gate_proj.weight";
            assertThat(a.tensor(name).toFloats())
                    .isEqualTo(b.tensor(name).toFloats())
                    .isNotEqualTo(c.tensor(name).toFloats())
                    .isNotEqualTo(
                            a.tensor("model.layers.2.mlp.gate_proj.weight").toFloats());
            for (int i = 0; i < 37 * 18; i++) {
                assertThat(b.embedding().getFloat(i)).isEqualTo(a.embedding().getFloat(i));
            }
        }
    }

    /** Quantiles from standard normal tables. */
    @Test
    void normalQuantilesAreThoseOfTheTables() {
        assertThat(CounterRandom.normalQuantile(0.5)).isCloseTo(0, within(1e-12));
        assertThat(CounterRandom.normalQuantile(0.975)).isCloseTo(1.959963984540054, within(1e-8));
        assertThat(CounterRandom.normalQuantile(0.01)).isCloseTo(-2.3263478740408408, within(1e-8));
        assertThat(CounterRandom.normalQuantile(1e-9)).isCloseTo(-5.997807015008182, within(1e-7));
    }
}
