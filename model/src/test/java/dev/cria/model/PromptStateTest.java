package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptStateTest {
    @TempDir
    private Path folder;

    private static final int[] PROMPT = {1, 7, 9, 30, 31, 60, 2, 7, 9, 30, 12, 13, 14, 15, 16, 17, 18, 19, 20, 3};

    /** Heads of 32, which every cache can hold. */
    private static TrainableLlama random(Device device, long seed) {
        LlamaConfig config = new LlamaConfig(
                128, 96, 2, 4, 2, 32, 64, 64, 1e-5, 10000, new RopeScaling.None(), false, 1, List.of(2));
        TrainableLlama model = TrainableLlama.create(device, config, 1, 1);
        Initializer.tinyLlama(model.parameters(), seed, device);
        return model;
    }

    private interface Body {
        void run(Device device, LlamaModel model) throws IOException;
    }

    private static void withModel(long seed, Body body) throws IOException {
        try (Device device = CpuDevice.open(CpuOptions.defaults().withThreads(1));
                TrainableLlama weights = random(device, seed);
                LlamaModel model = LlamaModel.sharing(weights.parameters(), device, Optional.empty())) {
            body.run(device, model);
        }
    }

    private Path save(LlamaModel model, SessionOptions options) {
        Path file = folder.resolve("prompt.state");
        float[] logits = new float[64];
        try (LlamaSession session = model.newSession(options)) {
            session.forwardLast(PROMPT, logits);
            PromptState.save(session, logits, file);
        }
        return file;
    }

    @ParameterizedTest
    @CsvSource({"F32, EXACT", "F32, FAST", "F16, FAST", "BF16, EXACT", "Q8_0, FAST"})
    void aRestoredSessionGoesOnToTheBit(CacheType cache, Arithmetic arithmetic) throws IOException {
        withModel(1, (device, model) -> {
            Path file = folder.resolve("prompt.state");
            SessionOptions options = new SessionOptions(40, cache, arithmetic);
            float[] logits = new float[64];
            float[] next;
            try (LlamaSession session = model.newSession(options)) {
                session.forwardLast(PROMPT, logits);
                PromptState.save(session, logits, file);
                next = session.forward(new int[] {5, 6, 7}).toFloats();
            }
            // A context of another length makes no difference.
            for (int length : new int[] {40, 23}) {
                try (PromptState state = PromptState.open(file);
                        LlamaSession session = model.newSession(new SessionOptions(length, cache, arithmetic))) {
                    session.append(new int[] {9, 9});
                    assertThat(state.ids()).isEqualTo(PROMPT);
                    assertThat(state.restore(session)).isEqualTo(logits);
                    assertThat(session.tokens()).isEqualTo(PROMPT);
                    assertThat(session.forward(new int[] {5, 6, 7}).toFloats()).isEqualTo(next);
                }
            }
        });
    }

    @Test
    void whatBelongsToSomethingElseIsRefused() throws IOException {
        SessionOptions options = SessionOptions.exact(40);
        Path[] saved = new Path[1];
        withModel(1, (device, model) -> {
            saved[0] = save(model, options);
            refused(model, options.withCache(CacheType.F16), saved[0], "cache of F32");
            refused(model, options.withArithmetic(Arithmetic.FAST), saved[0], "EXACT arithmetic");
            refused(model, SessionOptions.exact(PROMPT.length - 1), saved[0], "the context holds 19");
            assertThatThrownBy(() -> PromptState.open(folder.resolve("none")))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("does not exist");
        });
        withModel(2, (device, model) -> refused(model, options, saved[0], "another model"));
    }

    private static void refused(LlamaModel model, SessionOptions options, Path file, String why) {
        try (PromptState state = PromptState.open(file);
                LlamaSession session = model.newSession(options)) {
            assertThatThrownBy(() -> state.restore(session))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining(why);
            assertThat(session.length()).isZero();
        }
    }

    @Test
    void damageIsRefused() throws IOException {
        mutate(300);
    }

    @Test
    @Tag("slow")
    void damageIsRefusedTenThousandTimes() throws IOException {
        mutate(10_000);
    }

    /** Every change of a byte or of the length is noticed, with a sentence. */
    private void mutate(int times) throws IOException {
        withModel(3, (device, model) -> {
            byte[] whole = Files.readAllBytes(save(model, SessionOptions.exact(40)));
            Path file = folder.resolve("damaged.state");
            Random random = new Random(5);
            try (LlamaSession session = model.newSession(40)) {
                for (int i = 0; i < times; i++) {
                    byte[] damaged = whole.clone();
                    int at = i % 2 == 0 ? random.nextInt(Math.min(1200, whole.length)) : random.nextInt(whole.length);
                    if (i % 5 == 0) {
                        damaged = java.util.Arrays.copyOf(whole, at);
                    } else {
                        damaged[at] ^= (byte) (1 + random.nextInt(255));
                    }
                    Files.write(file, damaged);
                    session.reset();
                    assertThatThrownBy(() -> {
                                try (PromptState state = PromptState.open(file)) {
                                    state.restore(session);
                                }
                            })
                            .as("change %d at byte %d", i, at)
                            .isInstanceOf(UserError.class);
                    assertThat(session.length()).isZero();
                }
            }
            assertThatThrownBy(() -> {
                        byte[] flipped = whole.clone();
                        flipped[whole.length - 3] ^= 1;
                        Files.write(file, flipped);
                        try (PromptState state = PromptState.open(file);
                                LlamaSession session = model.newSession(40)) {
                            state.restore(session);
                        }
                    })
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining("checksum");
        });
    }
}
