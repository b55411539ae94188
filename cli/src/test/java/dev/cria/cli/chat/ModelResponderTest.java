package dev.cria.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.generation.Overflow;
import dev.cria.model.generation.SamplingOptions;
import dev.cria.model.generation.StopReason;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A real, if tiny, model answers; the cache must not change what it says. */
class ModelResponderTest {
    private static final ChatSettings GREEDY = new ChatSettings(SamplingOptions.greedy(), 24);
    private static final int CONTEXT = 256;

    private Device device;
    private LlamaModel model;
    private Tokenizer tokenizer;
    private LlamaSession session;
    private Responder responder;
    private final List<Integer> toRead = new ArrayList<>();
    private final StringBuilder streamed = new StringBuilder();

    @BeforeEach
    void load() {
        Path folder = ReferenceData.require("golden/stories260k-hf");
        device = CpuDevice.open(CpuOptions.defaults().withThreads(1));
        model = LlamaModel.load(folder, device);
        tokenizer = model.tokenizer().orElseThrow();
        session = model.newSession(CONTEXT);
        responder = over(session);
    }

    @AfterEach
    void close() {
        if (device != null) {
            session.close();
            model.close();
            device.close();
        }
    }

    private Responder over(LlamaSession opened) {
        ConversationTemplate zephyr = ConversationTemplate.named("zephyr", tokenizer);
        return new ModelResponder(opened, tokenizer, zephyr, List.of(), Overflow.STOP, Optional.empty());
    }

    private Reply answer(Responder from, Conversation conversation, ChatSettings settings, int turn, int stopAfter) {
        streamed.setLength(0);
        int[] pieces = {0};
        return from.answer(
                conversation,
                settings,
                turn,
                new Responder.Watcher(toRead::add, streamed::append, () -> ++pieces[0] > stopAfter));
    }

    private Reply answer(Conversation conversation) {
        return answer(responder, conversation, GREEDY, 0, Integer.MAX_VALUE);
    }

    /** What a session that remembers nothing says. */
    private Reply anew(Conversation conversation) {
        try (LlamaSession fresh = model.newSession(CONTEXT)) {
            return answer(over(fresh), conversation, GREEDY, 0, Integer.MAX_VALUE);
        }
    }

    @Test
    void onlyWhatIsNewIsRead() {
        Conversation conversation = new Conversation(Optional.of("Once upon a time"));
        int used = 0;
        for (String message : List.of("there was a cat", "and a dog", "The end")) {
            conversation.say(message);
            Reply reply = answer(conversation);
            assertThat(streamed).hasToString(reply.text());
            TurnStats stats = reply.stats();
            assertThat(toRead.getLast()).isEqualTo(stats.readTokens());
            assertThat(stats.promptTokens()).isEqualTo(stats.readTokens() + stats.cachedTokens());
            if (conversation.size() > 1) {
                // All that was said before is in the cache, the answers in the pieces in which the model spelt them.
                assertThat(stats.cachedTokens()).isGreaterThanOrEqualTo(used - 1);
            }
            conversation.answered(reply.text());
            used = stats.contextUsed();
        }
    }

    @Test
    void anotherSystemMessageIsReadFromTheStart() {
        Conversation conversation = new Conversation(Optional.of("Once upon a time"));
        conversation.say("there was a cat");
        conversation.answered(answer(conversation).text());
        conversation.system(Optional.of("One day"));
        conversation.say("and a dog");
        Reply reply = answer(conversation);
        assertThat(reply.stats().cachedTokens()).isLessThan(16);
        assertThat(reply.text()).isEqualTo(anew(conversation).text());
    }

    @Test
    void retryingReadsOneToken() {
        Conversation conversation = new Conversation(Optional.empty());
        conversation.say("One day, Lily");
        ChatSettings warm = new ChatSettings(SamplingOptions.plain(3), 24);
        String first =
                answer(responder, conversation, warm, 0, Integer.MAX_VALUE).text();
        Reply second = answer(responder, conversation, warm, 1, Integer.MAX_VALUE);
        assertThat(second.text()).isNotEqualTo(first);
        assertThat(second.stats().readTokens()).isEqualTo(1);
        assertThat(answer(responder, conversation, warm, 0, Integer.MAX_VALUE).text())
                .isEqualTo(first);
    }

    @Test
    void aFullContextForgetsAndGoesOn() {
        Conversation conversation = new Conversation(Optional.of("Once upon a time"));
        int forgotten = 0;
        int turnsThatForgot = 0;
        for (int turn = 0; turn < 20; turn++) {
            conversation.say("There was a cat and turn " + turn);
            Reply reply = answer(conversation);
            forgotten += reply.forgotten();
            turnsThatForgot += reply.forgotten() > 0 ? 1 : 0;
            assertThat(reply.stats().contextUsed()).isLessThanOrEqualTo(CONTEXT);
            assertThat(reply.text()).isEqualTo(anew(conversation).text());
            conversation.answered(reply.text());
        }
        assertThat(forgotten).isGreaterThan(10);
        assertThat(turnsThatForgot).isBetween(2, 10);
    }

    @Test
    void anAnswerCanBeStopped() {
        Conversation conversation = new Conversation(Optional.empty());
        conversation.say("One day");
        Reply reply = answer(responder, conversation, GREEDY, 0, 5);
        assertThat(reply.stopReason()).isEqualTo(StopReason.CANCELLED);
        assertThat(reply.stats().newTokens()).isBetween(1, 6);
        conversation.answered(reply.text());
        conversation.say("and then");
        assertThat(answer(conversation).text()).isEqualTo(anew(conversation).text());
    }

    @Test
    void readingCanBeStoppedToo() {
        try (LlamaSession longer = model.newSession(512)) {
            Conversation conversation = new Conversation(Optional.empty());
            conversation.say("cat ".repeat(220));
            Reply reply = answer(over(longer), conversation, GREEDY, 0, 0);
            assertThat(reply.stopReason()).isEqualTo(StopReason.CANCELLED);
            assertThat(reply.text()).isEmpty();
            assertThat(reply.stats().readTokens())
                    .isEqualTo(256)
                    .isLessThan(reply.stats().promptTokens());
        }
    }
}
