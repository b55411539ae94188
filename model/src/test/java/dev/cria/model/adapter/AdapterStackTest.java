package dev.cria.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.model.Golden;
import dev.cria.model.Initializer;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.LlamaWeights;
import dev.cria.model.ParameterSet;
import dev.cria.model.PromptState;
import dev.cria.model.RopeScaling;
import dev.cria.model.SessionOptions;
import dev.cria.model.generation.BatchScorer;
import dev.cria.model.generation.DraftModel;
import dev.cria.model.generation.DraftOptions;
import dev.cria.model.generation.GenerationListener;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.Generator;
import dev.cria.model.generation.Overflow;
import dev.cria.model.generation.SamplingOptions;
import dev.cria.model.generation.Score;
import dev.cria.model.generation.ScoringPair;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.Tier;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A base with adapters on it is the model whose weights were changed, and keeps what a session promises. */
class AdapterStackTest {
    private static final int[] PROMPT = new Random(3).ints(40, 0, 96).toArray();

    private static final LlamaConfig CONFIG =
            new LlamaConfig(64, 172, 2, 8, 2, 8, 96, 64, 1e-5, 10000, new RopeScaling.None(), false, 1, List.of(2));

    private interface Body {
        void run(Device device, ParameterSet parameters, Arena arena) throws Exception;
    }

    private static void withBase(Tier tier, Body body) {
        try (Device device = Golden.open(tier);
                Workspace workspace = device.workspace();
                Arena arena = Arena.ofConfined()) {
            ParameterSet parameters = ParameterSet.allocate(workspace, CONFIG);
            Initializer.tinyLlama(parameters, 5, device);
            // The first weights of training are so small that all tokens are nearly as likely.
            device.kernels().scale(parameters.flat(), 4);
            body.run(device, parameters, arena);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static LlamaModel model(LlamaWeights weights, Device device) {
        return LlamaModel.sharing(weights, device, Optional.empty());
    }

    private static float[] logits(LlamaWeights weights, Device device) {
        try (LlamaSession session = model(weights, device).newSession(PROMPT.length)) {
            return session.forward(PROMPT).toFloats();
        }
    }

    /** W += scale·B·A, in double precision. */
    private static void merge(ParameterSet parameters, WeightedAdapter adapter) {
        adapter.adapter().pairs().forEach((module, pair) -> {
            Tensor w = parameters.tensor(module.weightName());
            int I = w.size(1);
            int r = pair.rank();
            for (int i = 0; i < w.elements(); i++) {
                double sum = 0;
                for (int j = 0; j < r; j++) {
                    sum += (double) pair.up().getFloat((long) i / I * r + j)
                            * pair.down().getFloat((long) j * I + i % I);
                }
                w.setFloat(i, (float) (w.getFloat(i)
                        + adapter.weight() * adapter.adapter().config().scaling(module) * sum));
            }
        });
    }

    @Provide
    static Arbitrary<AdapterConfig> configs() {
        Arbitrary<TargetModules> targets = Arbitraries.of(
                new TargetModules.AllLinear(),
                new TargetModules.Names(List.of("q_proj", "v_proj")),
                new TargetModules.Names(List.of("k_proj", "up_proj", "down_proj")),
                new TargetModules.Names(List.of("o_proj", "gate_proj")),
                new TargetModules.Expression(".*\\.1\\..*_proj"));
        Arbitrary<Map<String, Integer>> ranks =
                Arbitraries.of(Map.of(), Map.of("q_proj", 3), Map.of("layers.0.*", 1, "down_proj", 9));
        return Combinators.combine(
                        Arbitraries.integers().between(1, 20),
                        targets,
                        ranks,
                        Arbitraries.of(true, false),
                        Arbitraries.of(Set.<Integer>of(), Set.of(1)))
                .as((rank, target, pattern, stabilised, layers) -> new AdapterConfig(
                        rank,
                        0.7 * rank,
                        0,
                        target,
                        Optional.empty(),
                        target instanceof TargetModules.Names ? layers : Set.of(),
                        pattern,
                        Map.of("v_proj", 2.0),
                        stabilised,
                        Optional.empty()));
    }

    @Property(tries = 24)
    void isTheModelWithTheWeightsChanged(
            @ForAll("configs") AdapterConfig one, @ForAll("configs") AdapterConfig other, @ForAll int seed) {
        withBase(Tier.VECTOR, (device, parameters, arena) -> {
            List<WeightedAdapter> adapters = List.of(
                    new WeightedAdapter(RandomAdapters.of(one, CONFIG, arena, seed), 1),
                    new WeightedAdapter(RandomAdapters.of(other, CONFIG, arena, seed + 1L), -0.4));
            float[] plain = logits(LlamaWeights.of(parameters), device);
            float[] adapted;
            try (AdapterStack stack = AdapterStack.of(LlamaWeights.of(parameters), adapters, device)) {
                adapted = logits(stack.weights(), device);
            }
            adapters.forEach(adapter -> merge(parameters, adapter));
            float[] merged = logits(LlamaWeights.of(parameters), device);
            assertThat(Golden.relativeDistance(adapted, merged)).isLessThan(2e-4);
            assertThat(Golden.relativeDistance(plain, merged)).isGreaterThan(2e-3);
        });
    }

    @ParameterizedTest
    @EnumSource(Tier.class)
    void fewTokensTogetherHaveTheBitsThatTheyHaveAlone(Tier tier) {
        withBase(tier, (device, parameters, arena) -> {
            List<WeightedAdapter> adapters = List.of(new WeightedAdapter(RandomAdapters.all(CONFIG, arena, 7), 1));
            try (AdapterStack stack = AdapterStack.of(LlamaWeights.of(parameters), adapters, device)) {
                LlamaModel model = model(stack.weights(), device);
                try (LlamaSession together = model.newSession(20);
                        LlamaSession alone = model.newSession(20)) {
                    float[] rows = together.forward(Arrays.copyOf(PROMPT, 16)).toFloats();
                    for (int t = 0; t < 16; t++) {
                        assertThat(alone.forward(new int[] {PROMPT[t]}).toFloats())
                                .isEqualTo(Arrays.copyOfRange(rows, t * 96, t * 96 + 96));
                    }
                }
            }
        });
    }

    @Test
    void whatADraftGuessesDoesNotChangeTheText() {
        withBase(Tier.NATIVE, (device, parameters, arena) -> {
            List<WeightedAdapter> adapters = List.of(new WeightedAdapter(RandomAdapters.all(CONFIG, arena, 7), 1));
            List<WeightedAdapter> near =
                    List.of(new WeightedAdapter(adapters.getFirst().adapter(), 0.9));
            try (AdapterStack stack = AdapterStack.of(LlamaWeights.of(parameters), adapters, device);
                    AdapterStack other = AdapterStack.of(LlamaWeights.of(parameters), near, device);
                    LlamaModel large = model(stack.weights(), device);
                    LlamaModel small = model(other.weights(), device);
                    LlamaSession session = large.newSession(64);
                    DraftModel draft = DraftModel.of(small, large, 64)) {
                int accepted = 0;
                for (int p = 0; p < 8; p++) {
                    int[] prompt = Arrays.copyOf(PROMPT, 3 + p);
                    List<Integer> alone =
                            write(session, prompt, Optional.empty()).ids();
                    var helped = write(session, prompt, Optional.of(new DraftOptions(draft, 6)));
                    assertThat(helped.ids()).isEqualTo(alone);
                    accepted += helped.drafts().accepted();
                }
                assertThat(accepted).isPositive();
            }
        });
    }

    private static dev.cria.model.generation.GenerationResult write(
            LlamaSession session, int[] prompt, Optional<DraftOptions> drafts) {
        session.reset();
        Generator generator = new Generator(session, Optional.empty(), drafts);
        return generator.generate(
                generator.read(prompt, Overflow.STOP),
                new GenerationOptions(30, SamplingOptions.greedy(), List.of(), true),
                GenerationListener.NONE);
    }

    @Test
    void scoresHaveTheSameBitsInAnyBatch() {
        withBase(Tier.NATIVE, (device, parameters, arena) -> {
            List<WeightedAdapter> adapters = List.of(new WeightedAdapter(RandomAdapters.all(CONFIG, arena, 7), 1));
            Random random = new Random(4);
            List<ScoringPair> pairs = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                pairs.add(ScoringPair.of(
                        Arrays.copyOf(PROMPT, 1 + i % 30),
                        random.ints(1 + i % 9, 0, 96).toArray()));
            }
            try (AdapterStack stack = AdapterStack.of(LlamaWeights.of(parameters), adapters, device)) {
                LlamaModel model = model(stack.weights(), device);
                List<Score> all = score(model, pairs, 60);
                assertThat(score(model, pairs, 1)).isEqualTo(all);
                assertThat(score(model, pairs, 7)).isEqualTo(all);
                assertThat(score(model(LlamaWeights.of(parameters), device), pairs, 60))
                        .isNotEqualTo(all);
            }
        });
    }

    private static List<Score> score(LlamaModel model, List<ScoringPair> pairs, int batch) {
        List<Score> scores = new ArrayList<>();
        try (BatchScorer scorer = new BatchScorer(model, 64)) {
            for (int from = 0; from < pairs.size(); from += batch) {
                scores.addAll(scorer.score(pairs.subList(from, Math.min(pairs.size(), from + batch))));
            }
        }
        return scores;
    }

    @Test
    void aSavedPromptBelongsToTheAdaptersToo(@TempDir Path folder) {
        withBase(Tier.NATIVE, (device, parameters, arena) -> {
            LlamaWeights base = LlamaWeights.of(parameters);
            AdapterWeights adapter = RandomAdapters.all(CONFIG, arena, 7);
            Path file = folder.resolve("prompt.state");
            float[] logits = new float[96];
            try (AdapterStack stack = AdapterStack.of(base, List.of(new WeightedAdapter(adapter, 1)), device);
                    AdapterStack less = AdapterStack.of(base, List.of(new WeightedAdapter(adapter, 0.9)), device);
                    LlamaSession session = model(stack.weights(), device).newSession(64)) {
                session.forwardLast(PROMPT, logits);
                PromptState.save(session, logits, file);
                try (PromptState state = PromptState.open(file);
                        LlamaSession same = model(stack.weights(), device).newSession(64);
                        LlamaSession plain = model(base, device).newSession(64);
                        LlamaSession other = model(less.weights(), device).newSession(64)) {
                    assertThat(state.restore(same)).isEqualTo(logits);
                    for (LlamaSession wrong : List.of(plain, other)) {
                        assertThatThrownBy(() -> state.restore(wrong))
                                .isInstanceOf(UserError.class)
                                .hasMessageContaining("another model");
                    }
                }
            }
        });
    }

    @Test
    void followsAnAdapterThatLearns() {
        withBase(Tier.NATIVE, (device, parameters, arena) -> {
            AdapterWeights adapter = RandomAdapters.all(CONFIG, arena, 7);
            List<WeightedAdapter> adapters = List.of(new WeightedAdapter(adapter, 1));
            try (AdapterStack stack = AdapterStack.of(LlamaWeights.of(parameters), adapters, device)) {
                float[] before = logits(stack.weights(), device);
                adapter.pairs().values().forEach(pair -> device.kernels().fill(pair.up(), 0));
                assertThat(logits(stack.weights(), device)).isEqualTo(before);
                stack.refresh();
                assertThat(logits(stack.weights(), device)).isEqualTo(logits(LlamaWeights.of(parameters), device));
            }
        });
    }

    @Test
    void itsFactorsAreReadForEveryToken() {
        withBase(Tier.NATIVE, (device, parameters, arena) -> {
            AdapterWeights adapter = RandomAdapters.all(CONFIG, arena, 7);
            LlamaWeights base = LlamaWeights.of(parameters);
            try (AdapterStack stack = AdapterStack.of(base, List.of(new WeightedAdapter(adapter, 1)), device)) {
                assertThat(stack.weights().adapterBytes()).isEqualTo(4 * adapter.parameters());
                assertThat(stack.weights().bytesPerToken()).isEqualTo(base.bytesPerToken() + 4 * adapter.parameters());
                assertThat(SessionOptions.automatic(model(stack.weights(), device), 8))
                        .isEqualTo(SessionOptions.automatic(model(base, device), 8));
            }
        });
    }
}
