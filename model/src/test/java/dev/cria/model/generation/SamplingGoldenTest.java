package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.UserError;
import dev.cria.model.Golden;
import dev.cria.model.safetensors.Safetensors;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The distribution after every combination of processors, against transformers. */
class SamplingGoldenTest {
    private static SamplingOptions options(JsonNode json) {
        SamplingOptions options = SamplingOptions.plain(0);
        options = json.has("temperature")
                ? options.withTemperature(json.get("temperature").doubleValue())
                : options;
        options = json.has("top_k") ? options.withTopK(json.get("top_k").intValue()) : options;
        options = json.has("top_p") ? options.withTopP(json.get("top_p").doubleValue()) : options;
        options = json.has("min_p") ? options.withMinP(json.get("min_p").doubleValue()) : options;
        options = json.has("typical_p")
                ? options.withTypicalP(json.get("typical_p").doubleValue())
                : options;
        return json.has("repetition_penalty")
                ? options.withRepetitionPenalty(json.get("repetition_penalty").doubleValue())
                : options;
    }

    @Test
    void distributionsEqualTransformers() {
        JsonNode golden = Golden.json("sampling/sampling.json");
        try (Safetensors tensors = Golden.tensors("sampling/sampling.safetensors")) {
            BitSet seen = new BitSet();
            Arrays.stream(Golden.ints(tensors.tensor("history_ids"))).forEach(seen::set);
            for (JsonNode json : golden.get("cases")) {
                int number = json.get("case").intValue();
                float[] logits = tensors.tensor("logits." + json.get("logits").stringValue())
                        .toFloats();
                float[] expected = tensors.tensor("probs." + number).toFloats();
                double[] actual = new Sampler(options(json)).distribution(logits, seen);
                for (int v = 0; v < expected.length; v++) {
                    assertThat(actual[v]).as("case %s, id %d", json, v).isCloseTo(expected[v], within(1e-5));
                    // The reference's float32 probabilities may underflow to 0 where the token was kept.
                    assertThat(expected[v] == 0 || actual[v] > 0)
                            .as("case %s keeps id %d", json, v)
                            .isTrue();
                }
                assertThat(Arrays.stream(actual).filter(p -> p > 0).count())
                        .as("kept in case %s", json)
                        .isEqualTo(json.get("kept").longValue());
            }
            assertThat(golden.get("cases").size()).isEqualTo(131);
        }
    }

    @Test
    void drawsFollowTheDistributionAndTheSeed() {
        float[] logits = {0, 1, 2, -1, 0.5f};
        SamplingOptions options = SamplingOptions.plain(7).withTopK(4);
        Sampler sampler = new Sampler(options);
        Sampler again = new Sampler(options);
        Sampler other = new Sampler(options.withSeed(8));
        double[] expected = sampler.distribution(logits, new BitSet());
        int[] counts = new int[5];
        int draws = 20_000;
        int different = 0;
        for (int i = 0; i < draws; i++) {
            int id = sampler.next(logits, new BitSet());
            assertThat(again.next(logits, new BitSet())).isEqualTo(id);
            different += other.next(logits, new BitSet()) == id ? 0 : 1;
            counts[id]++;
        }
        assertThat(different).isGreaterThan(draws / 4);
        for (int v = 0; v < 5; v++) {
            double error = 4 * Math.sqrt(expected[v] * (1 - expected[v]) / draws);
            assertThat(counts[v] / (double) draws).isCloseTo(expected[v], within(error + 1e-12));
        }
    }

    @Test
    void zeroTemperatureTakesTheFirstOfTheLargest() {
        Sampler sampler = new Sampler(SamplingOptions.greedy());
        assertThat(sampler.next(new float[] {1, 3, 3, 2}, new BitSet())).isEqualTo(1);
        BitSet seen = new BitSet();
        seen.set(1);
        Sampler penalised = new Sampler(SamplingOptions.greedy().withRepetitionPenalty(2));
        assertThat(penalised.next(new float[] {1, 3, 2.9f, 2}, seen)).isEqualTo(2);
        assertThat(penalised.next(new float[] {-4, -3, -5, -9}, seen)).isEqualTo(0);
    }

    /** Pruning unlikely tokens before sorting must not change what is kept. */
    @Test
    void nucleusOfALargeVocabularyIsThatOfTheDefinition() {
        float[] logits = new float[5000];
        for (int v = 0; v < logits.length; v++) {
            logits[v] = (float) (6 * Math.sin(v * 12.9898) + 3 * Math.sin(v * 0.37));
        }
        double[] plain = new Sampler(SamplingOptions.plain(0)).distribution(logits, new BitSet());
        for (double p : new double[] {0.01, 0.5, 0.9, 0.99}) {
            double[] kept = new Sampler(SamplingOptions.plain(0).withTopP(p)).distribution(logits, new BitSet());
            int[] descending = IntStream.range(0, logits.length)
                    .boxed()
                    .sorted((a, b) -> Double.compare(plain[b], plain[a]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            double mass = 0;
            for (int id : descending) {
                assertThat(kept[id] > 0).isEqualTo(mass < p);
                mass += plain[id];
            }
        }
    }

    @Test
    void refusesWhatMakesNoSense() {
        SamplingOptions good = SamplingOptions.plain(1);
        assertThatThrownBy(() -> good.withTemperature(-1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("temperature");
        assertThatThrownBy(() -> good.withTemperature(Double.NaN)).hasMessageContaining("temperature");
        assertThatThrownBy(() -> good.withTopK(-1)).hasMessageContaining("top-k");
        assertThatThrownBy(() -> good.withTopP(0)).hasMessageContaining("top-p");
        assertThatThrownBy(() -> good.withMinP(1.1)).hasMessageContaining("min-p");
        assertThatThrownBy(() -> good.withTypicalP(0)).hasMessageContaining("typical-p");
        assertThatThrownBy(() -> good.withRepetitionPenalty(0)).hasMessageContaining("repetition-penalty");
        float[] nothing = {Float.NaN, Float.NaN};
        assertThatThrownBy(() -> new Sampler(good).next(nothing, new BitSet()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("not finite");
        assertThatThrownBy(() -> new Sampler(SamplingOptions.greedy()).next(nothing, new BitSet()))
                .isInstanceOf(UserError.class);
    }
}
