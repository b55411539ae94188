package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.model.BatchSession;
import dev.cria.model.CacheType;
import dev.cria.model.Initializer;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.ParameterSet;
import dev.cria.model.RopeScaling;
import dev.cria.model.SessionOptions;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A text does not depend on what is written beside it. */
class BatchGeneratorTest {
    private static final int CONTEXT = 48;
    private static final LlamaConfig CONFIG = new LlamaConfig(
            128, 256, 2, 4, 2, 32, 300, CONTEXT, 1e-5, 10_000, new RopeScaling.None(), false, 1, List.of(2));

    private static void model(Tier tier, int threads, Consumer<LlamaModel> use) {
        try (Device device = CpuDevice.open(new CpuOptions(threads, Precision.F32, tier));
                Workspace workspace = device.workspace()) {
            ParameterSet weights = ParameterSet.allocate(workspace, CONFIG);
            Initializer.tinyLlama(weights, 5, device);
            // The first weights of training are so small that all tokens are nearly as likely.
            device.kernels().scale(weights.flat(), 4);
            use.accept(LlamaModel.sharing(weights, device, Optional.empty()));
        }
    }

    /** Prompts of all lengths; every third is drawn from at random, every fourth slides, some want nothing. */
    private static List<BatchRequest> requests(int count) {
        Random random = new Random(3);
        List<BatchRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] prompt = random.ints(1 + random.nextInt(CONTEXT - 1), 3, 300).toArray();
            SamplingOptions sampling =
                    i % 3 == 0 ? SamplingOptions.plain(i).withTemperature(1.2) : SamplingOptions.greedy();
            Overflow overflow = i % 4 == 0 ? Overflow.slide(4) : Overflow.STOP;
            int most = i % 11 == 0 ? 0 : 1 + random.nextInt(60);
            requests.add(
                    new BatchRequest(prompt, new GenerationOptions(most, sampling, List.of(), i % 2 == 0, overflow)));
        }
        return requests;
    }

    private static List<GenerationResult> together(
            LlamaModel model, SessionOptions options, int slots, List<BatchRequest> requests) {
        TreeMap<Integer, GenerationResult> results = new TreeMap<>();
        try (BatchSession batch = model.newBatchSession(options, slots)) {
            new BatchGenerator(batch, Optional.empty()).generate(requests.iterator(), results::put);
        }
        assertThat(results.keySet()).hasSize(requests.size());
        return List.copyOf(results.values());
    }

    private static List<GenerationResult> alone(LlamaModel model, SessionOptions options, List<BatchRequest> requests) {
        List<GenerationResult> results = new ArrayList<>();
        for (BatchRequest request : requests) {
            try (LlamaSession session = model.newSession(options)) {
                results.add(new Generator(session, Optional.empty())
                        .generate(request.prompt(), request.options(), GenerationListener.NONE));
            }
        }
        return results;
    }

    private static void assertSame(List<GenerationResult> actual, List<GenerationResult> expected) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).ids())
                    .as("text %d", i)
                    .isEqualTo(expected.get(i).ids());
            assertThat(actual.get(i).stopReason()).isEqualTo(expected.get(i).stopReason());
            assertThat(actual.get(i).promptTokens()).isEqualTo(expected.get(i).promptTokens());
            assertThat(actual.get(i).drafts()).isEqualTo(expected.get(i).drafts());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SCALAR, 1, F16, EXACT, 5",
        "VECTOR, 2, Q8_0, FAST, 16",
        "NATIVE, 2, F16, FAST, 16",
        "NATIVE, 1, F32, EXACT, 16",
        "NATIVE, 3, BF16, EXACT, 1"
    })
    void writesWhatItWouldWriteOfEachAlone(Tier tier, int threads, CacheType cache, Arithmetic arithmetic, int slots) {
        model(tier, threads, model -> {
            SessionOptions options = new SessionOptions(CONTEXT, cache, arithmetic);
            List<BatchRequest> requests = requests(tier == Tier.SCALAR ? 9 : 40);
            assertSame(together(model, options, slots, requests), alone(model, options, requests));
        });
    }

    @Test
    void writesMoreAtATimeThanRowsThatKeepTheirBits() {
        model(Tier.NATIVE, 2, model -> {
            SessionOptions options = SessionOptions.exact(CONTEXT);
            List<BatchRequest> requests = requests(60);
            List<GenerationResult> together = together(model, options, 3 * Kernels.FEW_ROWS, requests);
            List<GenerationResult> alone = alone(model, options, requests);
            int same = 0;
            for (int i = 0; i < alone.size(); i++) {
                same += together.get(i).ids().equals(alone.get(i).ids()) ? 1 : 0;
            }
            // Last bits differ, so a near tie may fall otherwise; most texts have none.
            assertThat(same).isGreaterThan(55);
        });
    }

    @Test
    void refusesAPromptThatDoesNotFitAndSlotsTwice() {
        model(Tier.NATIVE, 1, model -> {
            try (BatchSession batch = model.newBatchSession(SessionOptions.exact(CONTEXT), 2)) {
                BatchRequest tooLong = new BatchRequest(new int[CONTEXT + 1], GenerationOptions.greedy(1));
                assertThatThrownBy(() -> new BatchGenerator(batch, Optional.empty())
                                .generate(List.of(tooLong).iterator(), (index, result) -> {}))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("the context holds 48");
                assertThatThrownBy(() -> batch.forward(new int[] {1, 1}, new int[] {5, 6}))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> batch.forward(new int[] {0}, new int[] {300}))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("id 300");
            }
            assertThatThrownBy(() -> model.newBatchSession(SessionOptions.exact(CONTEXT), 0))
                    .isInstanceOf(UserError.class);
        });
    }
}
