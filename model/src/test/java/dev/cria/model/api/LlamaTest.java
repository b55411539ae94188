package dev.cria.model.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.model.CacheType;
import dev.cria.model.Golden;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.adapter.AdapterConfig;
import dev.cria.model.adapter.RandomAdapters;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.model.generation.StopReason;
import dev.cria.tensor.DType;
import dev.cria.text.ChatMessage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class LlamaTest {
    private static final LlamaOptions ONE_THREAD = LlamaOptions.defaults().withThreads(1);

    private static Path stories() {
        return ReferenceData.require("golden/stories260k-hf");
    }

    /** The story model with a chat template, which it was never trained on: what it says is of no account, that it reads is. */
    private static Path chatModel(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(stories())) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Files.writeString(
                folder.resolve("chat_template.jinja"),
                "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}");
        return folder;
    }

    @Test
    void copiedWeightsSayTheSame() {
        GenerationOptions options = GenerationOptions.greedy(30);
        for (Path model : List.of(stories(), ReferenceData.require("golden/quant/stories260k-f32.gguf"))) {
            try (Llama mapped = Llama.open(model, ONE_THREAD);
                    Llama copied =
                            Llama.open(model, ONE_THREAD.withCopiedWeights(true).withDraft(model))) {
                assertThat(copied.generate("One day", options, text -> {}).ids())
                        .hasSize(30)
                        .isEqualTo(
                                mapped.generate("One day", options, text -> {}).ids());
            }
        }
    }

    @Test
    void adaptersLieOnTheModel(@TempDir Path folder) throws IOException {
        Path half = Files.createDirectories(folder.resolve("half"));
        try (Arena arena = Arena.ofConfined()) {
            RandomAdapters.of(
                            AdapterConfig.of(
                                    4,
                                    2,
                                    0,
                                    List.of("q_proj", "up_proj"),
                                    Optional.of(stories().toString())),
                            HuggingFaceDirectory.readConfig(stories()),
                            arena,
                            1)
                    .write(half, DType.F32);
        }
        GenerationOptions options = GenerationOptions.greedy(30);
        try (Llama plain = Llama.open(stories(), ONE_THREAD);
                Llama adapted = Llama.open(stories(), ONE_THREAD.withAdapter(half));
                Llama byFolder = Llama.open(half, ONE_THREAD);
                Llama none = Llama.open(half, ONE_THREAD.withAdapter(half, -1))) {
            String text = plain.generate("Once", options, piece -> {}).text();
            String other = adapted.generate("Once", options, piece -> {}).text();
            assertThat(other).isNotEqualTo(text);
            assertThat(byFolder.generate("Once", options, piece -> {}).text()).isEqualTo(other);
            assertThat(none.generate("Once", options, piece -> {}).text()).isEqualTo(text);
        }
    }

    @Test
    void textsAreTheReferences() {
        JsonNode golden = Golden.json("stories260k-hf/golden.json").get("greedy");
        try (Llama llama = Llama.open(stories(), ONE_THREAD)) {
            for (int i : new int[] {1, 2, 1}) {
                String prompt = golden.get(i).get("prompt_text").stringValue();
                StringBuilder streamed = new StringBuilder();
                GenerationResult result = llama.generate(prompt, GenerationOptions.greedy(40), streamed::append);
                assertThat(golden.get(i).get("text").stringValue()).startsWith(prompt + result.text());
                assertThat(streamed).hasToString(result.text());
            }
            // The prompt that was read before is read no more, but for its last token.
            String prompt = golden.get(1).get("prompt_text").stringValue();
            assertThat(llama.generate(prompt, GenerationOptions.greedy(3), text -> {})
                            .promptTokens())
                    .isEqualTo(1);
            assertThat(llama.generate("Once", text -> {})).isNotEmpty();
            assertThat(llama.decisions()).isNotEmpty();
        }
    }

    @Test
    void optionsReachTheModel() {
        JsonNode golden =
                Golden.json("stories260k-hf/golden.json").get("greedy").get(1);
        String prompt = golden.get("prompt_text").stringValue();
        Path draft = ReferenceData.require("golden/quant/stories260k-q8_0.gguf");
        LlamaOptions options =
                ONE_THREAD.withContextLength(100).withDraft(draft).withExact(true);
        try (Llama llama = Llama.open(stories(), options)) {
            GenerationResult result = llama.generate(prompt, GenerationOptions.greedy(40), text -> {});
            assertThat(golden.get("text").stringValue()).startsWith(prompt + result.text());
            assertThat(result.tokensPerPass()).isGreaterThan(1.3);
            assertThatThrownBy(() -> llama.generate("word ".repeat(200), text -> {}))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("the context holds 100");
        }
        try (Llama llama = Llama.open(stories(), ONE_THREAD.withCache(CacheType.F16))) {
            assertThat(llama.generate(prompt, GenerationOptions.greedy(5), text -> {})
                            .ids())
                    .hasSize(5);
        }
        assertThatThrownBy(() -> Llama.open(Path.of("no/model"))).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> Llama.open("no/such-model"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no model of that name was pulled");
        try (Llama llama = Llama.open(stories().toString())) {
            assertThat(llama.model().config().vocabSize()).isEqualTo(512);
        }
        assertThatThrownBy(() ->
                        Llama.open(stories(), ONE_THREAD.withDraft(ReferenceData.require("golden/checkpoints/a-gqa"))))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("another vocabulary");
        assertThatThrownBy(() -> ONE_THREAD.withThreads(0)).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> ONE_THREAD.withContextLength(0)).isInstanceOf(UserError.class);
    }

    @Test
    void aConversationReadsOnlyWhatIsNew(@TempDir Path folder) throws IOException {
        try (Llama llama = Llama.open(chatModel(folder), ONE_THREAD.withContextLength(512));
                Conversation chat = llama.chat("Tell stories.")) {
            GenerationResult first =
                    chat.say("Tell me of a dog, a cat and a bird.", GenerationOptions.greedy(12), text -> {});
            GenerationResult second = chat.say("And then?", GenerationOptions.greedy(12), text -> {});
            assertThat(second.promptTokens()).isLessThan(first.promptTokens());
            assertThat(chat.messages())
                    .extracting(ChatMessage::role)
                    .containsExactly("system", "user", "assistant", "user", "assistant");
            // The same as one that has read it all at once.
            try (Conversation again = llama.chat("Tell stories.")) {
                again.say("Tell me of a dog, a cat and a bird.", GenerationOptions.greedy(12), text -> {});
                assertThat(again.say("And then?", GenerationOptions.greedy(12), text -> {})
                                .ids())
                        .isEqualTo(second.ids());
            }
            chat.reset();
            assertThat(chat.messages()).extracting(ChatMessage::role).containsExactly("system");
            assertThat(chat.say("Tell me of a dog, a cat and a bird.", GenerationOptions.greedy(12), text -> {})
                            .ids())
                    .isEqualTo(first.ids());
        }
    }

    @Test
    void theOldestTurnsMakeRoom(@TempDir Path folder) throws IOException {
        try (Llama llama = Llama.open(chatModel(folder), ONE_THREAD.withContextLength(128));
                Conversation chat = llama.chat()) {
            for (int i = 0; i < 8; i++) {
                chat.say("Tell me of dog number " + i + ".", GenerationOptions.greedy(20), text -> {});
            }
            assertThat(chat.messages()).hasSize(16);
            List<ChatMessage> before = chat.messages();
            assertThatThrownBy(() -> chat.say("word ".repeat(200), GenerationOptions.greedy(5), text -> {}))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("context");
            assertThat(chat.messages()).isEqualTo(before);
        }
        try (Llama llama = Llama.open(stories(), ONE_THREAD)) {
            assertThatThrownBy(llama::chat).isInstanceOf(UserError.class).hasMessageContaining("no chat template");
        }
    }

    @Test
    void threadsTakeTurnsAndAnInterruptEndsAnAnswer() {
        try (Llama llama = Llama.open(stories(), ONE_THREAD)) {
            String expected = llama.generate("One day", GenerationOptions.greedy(30), text -> {})
                    .text();
            List<CompletableFuture<String>> answers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                answers.add(CompletableFuture.supplyAsync(
                        () -> llama.generate("One day", GenerationOptions.greedy(30), text -> {})
                                .text()));
            }
            answers.forEach(answer -> assertThat(answer.join()).isEqualTo(expected));
            GenerationResult cut = llama.generate(
                    "One day",
                    GenerationOptions.greedy(200),
                    text -> Thread.currentThread().interrupt());
            assertThat(Thread.interrupted()).isTrue();
            assertThat(cut.stopReason()).isEqualTo(StopReason.CANCELLED);
            assertThat(cut.ids()).hasSizeLessThan(30);
        }
    }

    @Test
    void whatIsClosedSaysSo(@TempDir Path folder) throws IOException {
        Llama llama = Llama.open(chatModel(folder), ONE_THREAD);
        Conversation chat = llama.chat();
        Conversation closed = llama.chat();
        closed.close();
        closed.close();
        llama.close();
        llama.close();
        chat.close();
        assertThatThrownBy(() -> chat.say("Hi", text -> {})).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> llama.generate("Hi", text -> {})).isInstanceOf(IllegalStateException.class);
        try (Llama other = Llama.open(folder, ONE_THREAD)) {
            Conversation ended = other.chat();
            ended.close();
            assertThatThrownBy(() -> ended.say("Hi", text -> {})).isInstanceOf(IllegalStateException.class);
        }
    }
}
