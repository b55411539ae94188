package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.UserError;
import dev.cria.model.Initializer;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.ParameterSet;
import dev.cria.model.RopeScaling;
import dev.cria.tensor.Device;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BatchScorerTest {
    private static final int CONTEXT = 96;
    private static final int VOCABULARY = 300;

    @FunctionalInterface
    private interface Use {
        void with(LlamaModel model, Device device);
    }

    private static final LlamaConfig SMALL = config(64, 172, 2, 8);

    /** So wide that the last columns of a product of few rows are summed otherwise than those of many. */
    private static final LlamaConfig WIDE = config(1024, 2816, 1, 64);

    private static LlamaConfig config(int D, int F, int layers, int E) {
        return new LlamaConfig(
                D, F, layers, 8, 4, E, VOCABULARY, 128, 1e-5, 10_000, new RopeScaling.None(), false, 1, List.of(2));
    }

    private static void model(Tier tier, int threads, LlamaConfig config, Use use) {
        try (Device device = CpuDevice.open(new CpuOptions(threads, Precision.F32, tier));
                Workspace workspace = device.workspace()) {
            ParameterSet weights = ParameterSet.allocate(workspace, config);
            Initializer.tinyLlama(weights, 5, device);
            // The first weights of training are so small that all tokens are nearly as likely.
            device.kernels().scale(weights.flat(), 4);
            use.with(LlamaModel.sharing(weights, device, Optional.empty()), device);
        }
    }

    /** Questions with choices, examples before them that several share, questions asked twice, and some that are too long. */
    private static List<ScoringPair> pairs(Random random) {
        List<ScoringPair> pairs = new ArrayList<>();
        int[] examples = ids(random, 40);
        for (int question = 0; question < 24; question++) {
            int[] own = ids(random, random.nextInt(1, question % 6 == 0 ? 120 : 30));
            int[] context = question % 3 == 0 ? own : concatenated(examples, own);
            for (int choice = 0; choice < 4; choice++) {
                pairs.add(ScoringPair.of(context, ids(random, random.nextInt(1, 24))));
            }
            pairs.add(pairs.getLast());
            pairs.add(ScoringPair.of(Arrays.copyOf(context, Math.max(1, context.length - 3)), ids(random, 2)));
        }
        return pairs;
    }

    private static int[] ids(Random random, int count) {
        return random.ints(count, 0, VOCABULARY).toArray();
    }

    private static int[] concatenated(int[] first, int[] second) {
        return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    private static List<Score> inBatches(LlamaModel model, List<ScoringPair> pairs, int size) {
        List<Score> scores = new ArrayList<>();
        try (BatchScorer scorer = new BatchScorer(model, CONTEXT)) {
            for (int from = 0; from < pairs.size(); from += size) {
                scores.addAll(scorer.score(pairs.subList(from, Math.min(pairs.size(), from + size))));
            }
        }
        return scores;
    }

    @ParameterizedTest
    @EnumSource(Tier.class)
    void agreesWithScoringPairByPair(Tier tier) {
        List<ScoringPair> pairs = pairs(new Random(1));
        model(tier, 1, SMALL, (model, device) -> {
            List<Score> scores = inBatches(model, pairs, pairs.size());
            try (LlamaSession session = model.newSession(CONTEXT)) {
                Scorer scorer = new Scorer(session);
                for (int i = 0; i < pairs.size(); i++) {
                    Score alone =
                            scorer.score(pairs.get(i).context(), pairs.get(i).continuation());
                    Score score = scores.get(i);
                    assertThat(score.logProbability()).isCloseTo(alone.logProbability(), within(1e-3));
                    assertThat(score.greedy()).isEqualTo(alone.greedy());
                    assertThat(score.tokens()).isEqualTo(alone.tokens());
                    assertThat(score.contextTokens()).isEqualTo(alone.contextTokens());
                    assertThat(score.contextTokensKept()).isEqualTo(alone.contextTokensKept());
                }
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"NATIVE, false", "VECTOR, false", "NATIVE, true"})
    void scoresDoNotDependOnBatchesOrderOrThreads(Tier tier, boolean wide) {
        List<ScoringPair> pairs = new ArrayList<>();
        for (int part = 0; part < (wide ? 1 : 3); part++) {
            pairs.addAll(pairs(new Random(2 + part)));
        }
        List<List<Score>> runs = new ArrayList<>();
        for (int threads : new int[] {1, 2, 3}) {
            model(tier, threads, wide ? WIDE : SMALL, (model, device) -> {
                for (int size : new int[] {1, 8, 64, pairs.size()}) {
                    if (threads == 2 || size == 8) {
                        runs.add(inBatches(model, pairs, size));
                    }
                }
                List<ScoringPair> reversed = new ArrayList<>(pairs);
                Collections.reverse(reversed);
                List<Score> scores = new ArrayList<>(inBatches(model, reversed, 50));
                Collections.reverse(scores);
                runs.add(scores);
            });
        }
        assertThat(runs).hasSize(9).allSatisfy(run -> assertThat(run).isEqualTo(runs.getFirst()));
    }

    @Test
    void whatIsSharedIsReadOnce() {
        int[] examples = ids(new Random(3), 50);
        List<ScoringPair> pairs = new ArrayList<>();
        for (int question = 0; question < 10; question++) {
            int[] context = concatenated(examples, new int[] {question, question});
            for (int choice = 0; choice < 4; choice++) {
                pairs.add(ScoringPair.of(context, new int[] {choice, 7, 8}));
            }
        }
        SortedPairs sorted = SortedPairs.of(pairs, CONTEXT);
        ScoringPlan plan = ScoringPlan.of(sorted, sorted.all(), CONTEXT, new int[0]);
        assertThat(plan.ids()).hasSize(50 + 10 * (2 + 4 * 2));
        assertThat(sorted.tokens()).isEqualTo(plan.ids().length);
        // The examples are still there for the next batch, but a token whose logits are wanted is read again.
        int[] held = pairs.getLast().input(CONTEXT);
        assertThat(ScoringPlan.of(sorted, sorted.all(), CONTEXT, held).ids()).hasSize(10 * (2 + 4 * 2));
        SortedPairs last = SortedPairs.of(List.of(pairs.getLast()), CONTEXT);
        assertThat(ScoringPlan.of(last, last.all(), CONTEXT, held).ids()).hasSize(3);
    }

    @Test
    void cutsEveryPairIntoOneRange() {
        SortedPairs sorted = SortedPairs.of(pairs(new Random(5)), CONTEXT);
        List<SortedPairs.Range> ranges = sorted.cut(200);
        assertThat(ranges).hasSizeGreaterThan(5);
        int next = 0;
        for (SortedPairs.Range range : ranges) {
            assertThat(range.from()).isEqualTo(next);
            next = range.to();
        }
        assertThat(next).isEqualTo(sorted.order().length);
    }

    @Test
    void scoresComeOnceEachAsTheyAreComplete() {
        List<ScoringPair> pairs = pairs(new Random(4));
        model(Tier.VECTOR, 1, SMALL, (model, device) -> {
            try (BatchScorer scorer = new BatchScorer(model, CONTEXT)) {
                List<Integer> heard = new ArrayList<>();
                scorer.score(pairs, (pair, score) -> heard.add(pair));
                assertThat(heard)
                        .containsExactlyInAnyOrderElementsOf(
                                IntStream.range(0, pairs.size()).boxed().toList());
                assertThat(scorer.score(List.of())).isEmpty();
            }
        });
    }

    @Test
    void refusesWhatCannotBeScored() {
        assertThatThrownBy(() -> ScoringPair.of(new int[] {1}, new int[0]))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("the continuation has no tokens");
        assertThatThrownBy(() -> ScoringPair.of(new int[0], new int[] {1}))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("the context has no tokens");
        model(Tier.VECTOR, 1, SMALL, (model, device) -> {
            try (BatchScorer scorer = new BatchScorer(model, CONTEXT)) {
                ScoringPair tooLong = ScoringPair.of(new int[] {1}, new int[CONTEXT + 1]);
                assertThatThrownBy(() -> scorer.score(List.of(tooLong)))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("has 97 tokens; the model's context holds 96");
                ScoringPair foreign = ScoringPair.of(new int[] {1, VOCABULARY}, new int[] {3});
                assertThatThrownBy(() -> scorer.score(List.of(foreign)))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("0..299");
                ScoringPair fits = ScoringPair.of(new int[] {1}, new int[CONTEXT]);
                assertThat(scorer.score(List.of(fits)).getFirst().tokens()).isEqualTo(CONTEXT);
            }
            assertThatThrownBy(() -> new BatchScorer(model, 129)).isInstanceOf(UserError.class);
        });
    }

    @Test
    void damagedWeightsAreSaidAndNotScored() {
        model(Tier.NATIVE, 1, SMALL, (model, device) -> {
            device.kernels().fill(model.weights().layers().getFirst().inputNorm(), Float.NaN);
            try (BatchScorer scorer = new BatchScorer(model, CONTEXT)) {
                assertThatThrownBy(() -> scorer.score(List.of(ScoringPair.of(new int[] {1, 2}, new int[] {3}))))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("not finite")
                        .hasMessageContaining("input_layernorm");
            }
        });
    }
}
