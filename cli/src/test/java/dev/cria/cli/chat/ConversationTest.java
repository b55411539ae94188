package dev.cria.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.text.ChatMessage;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the model is shown when the context is full, and how messages are typed. */
class ConversationTest {
    /** One token a character, and one for each message. */
    private static int[] encode(List<ChatMessage> messages) {
        return new int
                [messages.stream()
                        .mapToInt(message -> message.content().length() + 1)
                        .sum()];
    }

    private static Conversation conversation(int exchanges, int length) {
        Conversation conversation = new Conversation(Optional.of("system"));
        for (int i = 0; i < exchanges; i++) {
            conversation.say("q".repeat(length));
            conversation.answered("a".repeat(length));
        }
        return conversation;
    }

    @Test
    void theOldestGoInBatchesAndTheSystemMessageNever() {
        Conversation conversation = new Conversation(Optional.of("system"));
        int rereads = 0;
        for (int turn = 0; turn < 200; turn++) {
            conversation.say("q".repeat(9));
            FittingPrompt prompt = FittingPrompt.of(conversation, ConversationTest::encode, 1000, 100);
            assertThat(prompt.ids().length).isLessThanOrEqualTo(900);
            assertThat(conversation.shown().getFirst().content()).isEqualTo("system");
            assertThat(conversation.shown().get(1).role()).isEqualTo("user");
            assertThat(conversation.shown().getLast().content()).isEqualTo("q".repeat(9));
            rereads += prompt.forgotten() > 0 ? 1 : 0;
            conversation.answered("a".repeat(9));
        }
        assertThat(rereads).isBetween(4, 8); // 4000 tokens, of which each time half a context goes
        assertThat(conversation.size()).isEqualTo(400);
        assertThat(conversation.all()).hasSize(401);
    }

    @Property(tries = 300)
    void whateverIsSaidFitsOrIsRefused(
            @ForAll @IntRange(min = 0, max = 30) int exchanges,
            @ForAll @IntRange(min = 1, max = 300) int length,
            @ForAll @IntRange(min = 1, max = 600) int last,
            @ForAll @IntRange(min = 8, max = 500) int context) {
        Conversation conversation = conversation(exchanges, length);
        conversation.say("x".repeat(last));
        try {
            FittingPrompt prompt = FittingPrompt.of(conversation, ConversationTest::encode, context, context / 4);
            assertThat(prompt.ids().length).isLessThan(context);
            assertThat(prompt.ids()).hasSize(encode(conversation.shown()).length);
            assertThat(conversation.shown().getLast().content()).hasSize(last);
        } catch (UserError e) {
            assertThat("system".length() + 1 + last + 1).isGreaterThan(context - Math.min(16, context / 4));
        }
    }

    @Test
    void aMessageLongerThanTheContextIsRefused() {
        Conversation conversation = conversation(3, 5);
        conversation.say("x".repeat(95));
        assertThatThrownBy(() -> FittingPrompt.of(conversation, ConversationTest::encode, 100, 25))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("103 tokens; the context holds 100");
    }

    @Test
    void undoingBeyondWhatIsForgottenIsNoTrouble() {
        Conversation conversation = conversation(3, 5);
        conversation.say("x");
        assertThat(conversation.forgetOldest()).isTrue();
        assertThat(conversation.forgetOldest()).isTrue();
        assertThat(conversation.forgetOldest()).isTrue();
        assertThat(conversation.forgetOldest()).isFalse();
        assertThat(conversation.forgotten()).isEqualTo(6);
        conversation.undo();
        conversation.undo();
        assertThat(conversation.forgotten()).isEqualTo(4);
        assertThat(conversation.shown()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '§',
            value = {
                "Hello|true|Hello",
                "go on\\|false|go on",
                "go on\\~here|true|go on~here",
                "\"\"\"|false|§§",
                "\"\"\"one~ two~\"\"\"|true|one~ two",
                "\"\"\"one~two|false|one~two",
                "\"\"\"one\"\"\"|true|one",
                "say \"\"\" please|true|say \"\"\" please",
                "\"\"\"a\\~b\"\"\"|true|a\\~b",
            })
    void messagesOfSeveralLines(String typed, boolean complete, String message) {
        String text = typed.replace('~', '\n');
        assertThat(MessageText.isComplete(text)).isEqualTo(complete);
        assertThat(MessageText.unwrap(text)).isEqualTo(message.replace('~', '\n'));
    }

    @Test
    void aModelCannotCommandTheTerminal() {
        assertThat(Printable.of("a\u001b]0;title\u0007\r\nb\tc\u009b2J é🦙"))
                .isEqualTo("a\ufffd]0;title\ufffd\nb\tc\ufffd2J é🦙");
        assertThat(Printable.of("plain")).isEqualTo("plain");
    }
}
