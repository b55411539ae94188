package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.model.CacheType;
import dev.cria.model.CounterRandom;
import dev.cria.model.Golden;
import dev.cria.model.Initializer;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.ParameterSet;
import dev.cria.model.RopeScaling;
import dev.cria.model.SessionOptions;
import dev.cria.model.TrainableLlama;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.cpu.Tier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A draft changes how many passes a text takes, and nothing about the text. */
class SpeculativeDecodingTest {
    private static final SamplingOptions GREEDY = SamplingOptions.greedy();

    /** The weights, each off by up to this share. */
    private static void perturb(ParameterSet parameters, double share) {
        Tensor flat = parameters.flat();
        long stream = CounterRandom.stream(1, "perturbation");
        for (long i = 0; i < flat.elements(); i++) {
            flat.setFloat(i, (float) (flat.getFloat(i) * (1 + share * (2 * CounterRandom.uniform(stream, i) - 1))));
        }
    }

    private static TrainableLlama random(Device device, int positions, long seed) {
        // Heads of 32, which every cache can hold.
        LlamaConfig shape = LlamaConfig.preset("tiny");
        LlamaConfig config = new LlamaConfig(
                128,
                shape.intermediateSize(),
                2,
                4,
                2,
                32,
                97,
                positions,
                shape.rmsNormEps(),
                shape.ropeTheta(),
                shape.ropeScaling(),
                false,
                1,
                List.of(2));
        TrainableLlama model = TrainableLlama.create(device, config, 1, 1);
        Initializer.tinyLlama(model.parameters(), seed, device);
        // Larger weights than a model begins with: distributions with peaks.
        device.kernels().scale(model.parameters().matrices(), 3);
        return model;
    }

    private static List<int[]> prompts(int count, int longest, int vocabulary) {
        List<int[]> prompts = new ArrayList<>();
        long stream = CounterRandom.stream(3, "prompts");
        for (int p = 0; p < count; p++) {
            int[] prompt = new int[1 + p % longest];
            prompt[0] = 1;
            for (int i = 1; i < prompt.length; i++) {
                prompt[i] = 3 + (int) (CounterRandom.uniform(stream, 1000L * p + i) * (vocabulary - 3));
            }
            prompts.add(prompt);
        }
        return prompts;
    }

    private static GenerationResult run(
            LlamaSession session, Optional<DraftSource> draft, int[] prompt, GenerationOptions options) {
        session.reset();
        return new Generator(session, Optional.empty(), draft.map(source -> new DraftOptions(source, 8)))
                .generate(prompt, options, GenerationListener.NONE);
    }

    /** The same text, and the same keys and values: what comes next is the same again. */
    private static void assertSame(LlamaSession session, DraftSource draft, int[] prompt, GenerationOptions options) {
        GenerationResult alone = run(session, Optional.empty(), prompt, options);
        int[] held = session.tokens();
        float[] next = next(session);
        GenerationResult helped = run(session, Optional.of(draft), prompt, options);
        assertThat(helped.ids()).as("prompt %s", Arrays.toString(prompt)).isEqualTo(alone.ids());
        assertThat(helped.stopReason()).isEqualTo(alone.stopReason());
        assertThat(session.tokens()).isEqualTo(held);
        assertThat(Golden.maximumDifference(next(session), next)).isZero();
        assertThat(helped.drafts().passes()).isLessThanOrEqualTo(alone.drafts().passes());
        assertThat(helped.drafts().accepted())
                .isLessThanOrEqualTo(helped.drafts().drafted());
    }

    /** The logits after one more token; where the context is full, after the last one read again. */
    private static float[] next(LlamaSession session) {
        session.truncate(Math.min(session.length(), session.contextLength() - 1));
        return session.forwardLast(new int[] {3}).toFloats();
    }

    @Test
    void twoHundredTextsAreThoseOfTheModelAlone() {
        int[] body = Golden.ids(
                Golden.json("stories260k-hf/golden.json").get("windowed").get("body_ids"));
        try (Device device = Golden.open(Tier.NATIVE);
                TrainableLlama exact = Golden.trainable(device, "stories260k-hf", 1, 1);
                TrainableLlama near = Golden.trainable(device, "stories260k-hf", 1, 1)) {
            perturb(near.parameters(), 0.04);
            LlamaModel large = LlamaModel.sharing(exact.parameters(), device, Optional.empty());
            LlamaModel small = LlamaModel.sharing(near.parameters(), device, Optional.empty());
            GenerationOptions options = new GenerationOptions(40, GREEDY, List.of(), true);
            int tokens = 0;
            int passes = 0;
            try (LlamaSession session = large.newSession(128);
                    DraftModel draft = DraftModel.of(small, large, 128)) {
                for (int p = 0; p < 200; p++) {
                    int[] prompt = Arrays.copyOfRange(body, p * 2, p * 2 + 1 + p % 50);
                    prompt[0] = 1;
                    GenerationResult alone = run(session, Optional.empty(), prompt, options);
                    GenerationResult helped = run(session, Optional.of(draft), prompt, options);
                    assertThat(helped.ids()).as("text %d", p).isEqualTo(alone.ids());
                    assertThat(alone.drafts()).isEqualTo(new DraftStatistics(39, 0, 0));
                    assertThat(alone.tokensPerPass()).isEqualTo(1);
                    tokens += helped.ids().size() - 1;
                    passes += helped.drafts().passes();
                }
            }
            assertThat(tokens).isEqualTo(200 * 39);
            // Every token counts once and so does every pass of the large model, the prompt's own left out on both
            // sides.
            assertThat((double) tokens / passes).isGreaterThan(2);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "NATIVE, F32, EXACT", "NATIVE, F32, FAST", "NATIVE, F16, EXACT", "NATIVE, F16, FAST", "NATIVE, BF16, FAST",
        "NATIVE, Q8_0, EXACT", "NATIVE, Q8_0, FAST", "VECTOR, F32, EXACT", "VECTOR, F16, FAST", "VECTOR, Q8_0, FAST",
        "SCALAR, F32, EXACT", "SCALAR, F16, FAST"
    })
    void everyArithmeticAndCacheGivesTheTextOfTheModelAlone(Tier tier, CacheType cache, Arithmetic arithmetic) {
        try (Device device = Golden.open(tier);
                TrainableLlama weights = random(device, 64, 1);
                TrainableLlama near = random(device, 64, 1)) {
            perturb(near.parameters(), 0.1);
            LlamaModel large = LlamaModel.sharing(weights.parameters(), device, Optional.empty());
            LlamaModel small = LlamaModel.sharing(near.parameters(), device, Optional.empty());
            SessionOptions setting = new SessionOptions(64, cache, arithmetic);
            try (LlamaSession session = large.newSession(setting);
                    DraftModel draft = DraftModel.of(small, large, 64);
                    PromptLookup lookup = new PromptLookup()) {
                for (int[] prompt : prompts(10, 37, 97)) {
                    GenerationOptions options = new GenerationOptions(60, GREEDY, List.of(), prompt.length % 2 == 0);
                    assertSame(session, draft, prompt, options);
                    assertSame(session, lookup, prompt, options);
                    GenerationOptions penalised =
                            new GenerationOptions(24, GREEDY.withRepetitionPenalty(1.3), List.of(), true);
                    assertSame(session, draft, prompt, penalised);
                }
            }
        }
    }

    /** Rows of quantised weights meet inputs that are rounded to 8 bits; that, too, is done row by row. */
    @ParameterizedTest
    @CsvSource({"NATIVE, FAST", "NATIVE, EXACT", "VECTOR, FAST", "SCALAR, FAST"})
    void quantisedModelsWriteWhatTheyWriteAlone(Tier tier, Arithmetic arithmetic) {
        int[] body = Golden.ids(
                Golden.json("stories260k-hf/golden.json").get("windowed").get("body_ids"));
        try (Device device = Golden.open(tier);
                LlamaModel large =
                        LlamaModel.load(ReferenceData.require("golden/quant/stories260k-q8_0.gguf"), device);
                LlamaModel small = LlamaModel.load(ReferenceData.require("golden/stories260k-hf"), device);
                LlamaSession session = large.newSession(new SessionOptions(96, CacheType.F16, arithmetic));
                DraftModel draft = DraftModel.of(small, large, 96);
                PromptLookup lookup = new PromptLookup()) {
            for (int p = 0; p < 6; p++) {
                int[] prompt = Arrays.copyOfRange(body, p * 50, p * 50 + 1 + p * 11);
                GenerationOptions options = new GenerationOptions(40, GREEDY, List.of(), true);
                assertSame(session, draft, prompt, options);
                assertSame(session, lookup, prompt, options);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void whereThePromptIsCutMakesNoDifference(CacheType cache) {
        try (Device device = Golden.open(Tier.NATIVE);
                TrainableLlama weights = random(device, 1100, 2);
                TrainableLlama near = random(device, 1100, 2)) {
            perturb(near.parameters(), 0.1);
            LlamaModel large = LlamaModel.sharing(weights.parameters(), device, Optional.empty());
            LlamaModel small = LlamaModel.sharing(near.parameters(), device, Optional.empty());
            try (LlamaSession session = large.newSession(new SessionOptions(1100, cache, Arithmetic.FAST));
                    DraftModel draft = DraftModel.of(small, large, 1100)) {
                // The session reads in pieces of 512; passes of drafts lie across the border and end at the context's.
                for (int length : cache == CacheType.F32
                        ? new int[] {505, 511, 512, 513, 1023, 1025, 1085, 1099}
                        : new int[] {505, 512}) {
                    int[] prompt = prompts(length, length, 97).getLast();
                    assertThat(prompt).hasSize(length);
                    assertSame(session, draft, prompt, new GenerationOptions(14, GREEDY, List.of(), true));
                }
            }
        }
    }

    @Test
    void aSlidingContextSlidesAtTheSameTokens() {
        try (Device device = Golden.open(Tier.NATIVE);
                TrainableLlama weights = random(device, 48, 4);
                TrainableLlama near = random(device, 40, 4)) {
            perturb(near.parameters(), 0.1);
            LlamaModel large = LlamaModel.sharing(weights.parameters(), device, Optional.empty());
            LlamaModel small = LlamaModel.sharing(near.parameters(), device, Optional.empty());
            GenerationOptions options =
                    new GenerationOptions(150, GREEDY, List.of(), true).withOverflow(Overflow.slide(4));
            try (LlamaSession session = large.newSession(48);
                    DraftModel draft = DraftModel.of(small, large, 48);
                    PromptLookup lookup = new PromptLookup()) {
                for (int[] prompt : prompts(12, 70, 97)) {
                    GenerationResult alone = run(session, Optional.empty(), prompt, options);
                    assertThat(alone.ids()).hasSize(150);
                    assertThat(run(session, Optional.of(draft), prompt, options).ids())
                            .isEqualTo(alone.ids());
                    assertThat(run(session, Optional.of(lookup), prompt, options)
                                    .ids())
                            .isEqualTo(alone.ids());
                }
            }
        }
    }

    /** Rotation, cache and positions after sliding are those of a session that has read just what is left. */
    @Test
    void whatIsLeftAfterSlidingIsReadAtItsNewPositions() {
        try (Device device = Golden.open(Tier.NATIVE);
                TrainableLlama weights = random(device, 32, 4)) {
            LlamaModel large = LlamaModel.sharing(weights.parameters(), device, Optional.empty());
            try (LlamaSession session = large.newSession(32);
                    LlamaSession fresh = large.newSession(32)) {
                int[] prompt = prompts(30, 30, 97).getLast();
                GenerationOptions options =
                        new GenerationOptions(10, GREEDY, List.of(), true).withOverflow(Overflow.slide(6));
                GenerationResult result = run(session, Optional.empty(), prompt, options);
                // The last token chosen is in no cache; three tokens went in before the context was full.
                int[] text = Arrays.copyOf(prompt, 30 + 9);
                for (int i = 0; i < 9; i++) {
                    text[30 + i] = result.ids().get(i);
                }
                int[] left = new int[6 + 13 + 7];
                System.arraycopy(text, 0, left, 0, 6);
                System.arraycopy(text, 32 - 13, left, 6, 13 + 7);
                assertThat(session.tokens()).isEqualTo(left);
                fresh.append(left);
                assertThat(Golden.maximumDifference(next(session), next(fresh))).isLessThan(1e-4f);
                // One more pass of the model for the tokens that were read again.
                assertThat(result.drafts().passes()).isEqualTo(10);
            }
        }
    }

    @Test
    void seedsRepeatTexts() {
        try (Device device = Golden.open(Tier.NATIVE);
                TrainableLlama weights = random(device, 64, 5);
                TrainableLlama near = random(device, 64, 5)) {
            perturb(near.parameters(), 0.1);
            LlamaModel large = LlamaModel.sharing(weights.parameters(), device, Optional.empty());
            LlamaModel small = LlamaModel.sharing(near.parameters(), device, Optional.empty());
            try (LlamaSession session = large.newSession(64);
                    DraftModel draft = DraftModel.of(small, large, 64)) {
                int[] prompt = {1, 5, 9};
                GenerationOptions options = new GenerationOptions(50, SamplingOptions.plain(7), List.of(), true);
                GenerationResult first = run(session, Optional.of(draft), prompt, options);
                assertThat(run(session, Optional.of(draft), prompt, options).ids())
                        .isEqualTo(first.ids());
                GenerationOptions other = new GenerationOptions(50, SamplingOptions.plain(8), List.of(), true);
                assertThat(run(session, Optional.of(draft), prompt, other).ids())
                        .isNotEqualTo(first.ids());
                assertThat(first.drafts().accepted()).isPositive();
            }
        }
    }

    /** Texts of four tokens, drawn with a draft: the third and the fourth occur as often as the model's own probabilities say. */
    @Test
    void textsFollowTheModelsDistribution() {
        int V = 8;
        int texts = 2000;
        LlamaConfig config =
                new LlamaConfig(32, 32, 1, 2, 1, 16, V, 16, 1e-5, 10000, new RopeScaling.None(), false, 1, List.of(2));
        SamplingOptions sampling = SamplingOptions.plain(0).withTemperature(1.4).withTopK(6);
        try (Device device = Golden.open(Tier.VECTOR);
                TrainableLlama weights = TrainableLlama.create(device, config, 1, 1);
                TrainableLlama near = TrainableLlama.create(device, config, 1, 1)) {
            Initializer.tinyLlama(weights.parameters(), 1, device);
            Initializer.tinyLlama(near.parameters(), 1, device);
            device.kernels().scale(weights.parameters().matrices(), 6);
            device.kernels().scale(near.parameters().matrices(), 6);
            perturb(near.parameters(), 0.5);
            LlamaModel large = LlamaModel.sharing(weights.parameters(), device, Optional.empty());
            LlamaModel small = LlamaModel.sharing(near.parameters(), device, Optional.empty());
            try (LlamaSession session = large.newSession(16);
                    DraftModel draft = DraftModel.of(small, large, 16)) {
                int[] prompt = {1, 5};
                double[][] expected = new double[4][V];
                expect(session, new Sampler(sampling), prompt, 0, 1, expected);
                int[][] counts = new int[4][V];
                int accepted = 0;
                int drafted = 0;
                for (int seed = 0; seed < texts; seed++) {
                    GenerationResult result = run(
                            session,
                            Optional.of(draft),
                            prompt,
                            new GenerationOptions(4, sampling.withSeed(seed), List.of(), true));
                    accepted += result.drafts().accepted();
                    drafted += result.drafts().drafted();
                    for (int i = 0; i < 4; i++) {
                        counts[i][result.ids().get(i)]++;
                    }
                }
                // Guesses are right and wrong often enough for the test to mean something.
                assertThat((double) accepted / drafted).isBetween(0.3, 0.95);
                for (int i = 0; i < 4; i++) {
                    double chiSquare = 0;
                    for (int v = 0; v < V; v++) {
                        double mean = expected[i][v] * texts;
                        chiSquare += mean == 0 ? counts[i][v] * 1e9 : Math.pow(counts[i][v] - mean, 2) / mean;
                    }
                    // Exceeded by chance once in ten thousand times at 7 degrees of freedom.
                    assertThat(chiSquare).as("token %d", i).isLessThan(29.9);
                }
            }
        }
    }

    /** Adds the probability of every continuation to that of its tokens, place by place. */
    private static void expect(
            LlamaSession session, Sampler sampler, int[] text, int place, double probability, double[][] to) {
        if (place == to.length) {
            return;
        }
        session.reset();
        double[] next = sampler.distribution(session.forwardLast(text).toFloats(), new BitSet());
        for (int v = 0; v < next.length; v++) {
            if (next[v] > 0) {
                to[place][v] += probability * next[v];
                int[] longer = Arrays.copyOf(text, text.length + 1);
                longer[text.length] = v;
                expect(session, sampler, longer, place + 1, probability * next[v], to);
            }
        }
    }

    @Test
    void aDraftOfAnotherVocabularyIsRefused() {
        try (Device device = Golden.open(Tier.NATIVE);
                TrainableLlama weights = random(device, 64, 5);
                TrainableLlama stories = Golden.trainable(device, "stories260k-hf", 1, 1)) {
            LlamaModel large = LlamaModel.sharing(weights.parameters(), device, Optional.empty());
            LlamaModel small = LlamaModel.sharing(stories.parameters(), device, Optional.empty());
            assertThatThrownBy(() -> DraftModel.of(small, large, 64))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("another vocabulary")
                    .hasMessageContaining("512");
        }
        assertThatThrownBy(() -> new DraftOptions(new PromptLookup(), 16)).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> new DraftOptions(new PromptLookup(), 0)).isInstanceOf(UserError.class);
    }
}
