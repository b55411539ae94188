package dev.cria.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.UserError;
import dev.cria.model.generation.SamplingOptions;
import dev.cria.model.generation.StopReason;
import dev.cria.text.ChatMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user does, and what comes of it, without a terminal or a model. */
class ChatLoopTest {
    @TempDir
    private Path directory;

    private final Conversation conversation = new Conversation(Optional.empty());
    private final List<String> heard = new ArrayList<>();
    private final List<List<ChatMessage>> asked = new ArrayList<>();
    private final List<ChatSettings> settings = new ArrayList<>();
    private final List<Integer> turns = new ArrayList<>();
    private StopReason stopReason = StopReason.EOS;
    private String answer = "";
    private int busy;

    /** Answers with the number of messages it was shown. */
    private final Responder responder = (talk, set, turn, watcher) -> {
        assertThat(busy).isEqualTo(1);
        asked.add(talk.shown());
        settings.add(set);
        turns.add(turn);
        if (talk.shown().getLast().content().equals("too long")) {
            throw new UserError("the message is too long", "say it shorter");
        }
        String text = answer.isEmpty() ? "answer " + talk.shown().size() : answer.strip();
        watcher.text().accept(text);
        return new Reply(text, stopReason, 0, new TurnStats(10, 4, 0.5, 3, 0.25, 13, 100));
    };

    private int talk(String... typed) {
        Deque<ChatInput.Event> events = new ArrayDeque<>();
        for (String text : typed) {
            events.add(text.equals("^C") ? new ChatInput.Event.Interrupted() : new ChatInput.Event.Typed(text));
        }
        events.add(new ChatInput.Event.End());
        ChatInput in = new ChatInput() {
            @Override
            public Event read() {
                return events.removeFirst();
            }

            @Override
            public boolean stopped() {
                return false;
            }

            @Override
            public void working(boolean now) {
                busy += now ? 1 : -1;
            }
        };
        ChatSettings first = new ChatSettings(SamplingOptions.plain(7), 50);
        int code = new ChatLoop(in, new Recorder(), responder, conversation, first).run();
        assertThat(busy).isZero();
        return code;
    }

    private final class Recorder implements ChatOutput {
        @Override
        public void reading(int tokens) {
            heard.add("reading " + tokens);
        }

        @Override
        public void text(String piece) {
            heard.add(piece);
        }

        @Override
        public void answered(Reply reply) {
            heard.add("|");
        }

        @Override
        public void say(String lines) {
            heard.add(lines);
        }

        @Override
        public void notice(String sentence) {
            heard.add("(" + sentence + ")");
        }

        @Override
        public void refuse(UserError error) {
            heard.add("refused: " + error.what());
        }
    }

    private String said() {
        return conversation.all().stream()
                .map(message -> message.role().charAt(0) + ":" + message.content())
                .collect(Collectors.joining(" "));
    }

    @Test
    void messagesAreAnsweredInTurn() {
        assertThat(talk("Hi", "  ", "How are you?")).isZero();
        assertThat(said()).isEqualTo("u:Hi a:answer 1 u:How are you? a:answer 3");
        assertThat(heard).containsExactly("answer 1", "|", "answer 3", "|");
        assertThat(turns).containsExactly(0, 1);
    }

    @Test
    void aSlashThatIsMeantIsWrittenTwice() {
        talk("//etc/hosts is what?");
        assertThat(asked.getFirst()).containsExactly(new ChatMessage("user", "/etc/hosts is what?"));
    }

    @Test
    void retryAsksAgainWithOtherRandomNumbers() {
        talk("Hi", "/retry");
        assertThat(said()).isEqualTo("u:Hi a:answer 1");
        assertThat(turns).containsExactly(0, 1);
        assertThat(asked.get(0)).isEqualTo(asked.get(1));
    }

    @Test
    void undoTakesBackAMessageWithItsAnswer() {
        talk("Hi", "More", "/undo");
        assertThat(said()).isEqualTo("u:Hi a:answer 1");
        assertThat(heard).contains("(taken back: More)");
        talk("/undo", "/undo");
        assertThat(said()).isEmpty();
        assertThat(heard).contains("refused: there is nothing to take back");
    }

    @Test
    void theSystemMessageStaysWhenTheRestIsForgotten() {
        talk("/system You are a cat.", "Hi", "/reset", "/system", "Ho", "/system none");
        assertThat(said()).isEqualTo("u:Ho a:answer 2");
        assertThat(asked.getLast().getFirst()).isEqualTo(new ChatMessage("system", "You are a cat."));
        assertThat(heard).contains("You are a cat.");
    }

    @Test
    void settingsHoldFromTheNextAnswerOn() {
        talk(
                "a",
                "/set temperature=0.5 top-k = 40",
                "b",
                "/set max_tokens=9",
                "c",
                "/set top-p=7",
                "/set colour=red",
                "/set x");
        assertThat(settings.get(0).sampling().temperature()).isEqualTo(1);
        assertThat(settings.get(1).sampling())
                .isEqualTo(SamplingOptions.plain(7).withTemperature(0.5).withTopK(40));
        assertThat(settings.get(2).maxTokens()).isEqualTo(9);
        assertThat(heard)
                .contains(
                        "refused: sampling: top-p is 7.0",
                        "refused: there is no setting 'colour'",
                        "refused: 'x' sets nothing");
    }

    @Test
    void whatCouldNotBeAnsweredWasNotSaid() {
        assertThat(talk("Hi", "too long", "Ho")).isEqualTo(UserError.REFUSED);
        assertThat(said()).isEqualTo("u:Hi a:answer 1 u:Ho a:answer 3");
    }

    @Test
    void aStoppedAnswerIsKeptAndAnEmptyOneIsNot() {
        stopReason = StopReason.CANCELLED;
        talk("Hi");
        assertThat(said()).isEqualTo("u:Hi a:answer 1");
        answer = " ";
        talk("Ho");
        assertThat(said()).isEqualTo("u:Hi a:answer 1");
        assertThat(heard.getLast()).contains("taken back");
    }

    @Test
    void anAnswerThatWasCutOffSaysWhy() {
        stopReason = StopReason.LENGTH;
        talk("/set max-tokens=3", "Hi", "/set max-tokens=4", "Ho");
        assertThat(heard).contains("(cut off after 3 tokens; /set max-tokens=N allows more)");
        assertThat(heard.getLast()).contains("context of 100 tokens is full");
    }

    @Test
    void savedConversationsAreLoadedAgain() throws Exception {
        Path file = directory.resolve("a b.jsonl");
        talk("/system S", "Hi \"you\"\nthere", "/save " + file);
        String saved = said();
        assertThat(Files.readString(file)).isEqualTo("""
                {"role":"system","content":"S"}
                {"role":"user","content":"Hi \\"you\\"\\nthere"}
                {"role":"assistant","content":"answer 2"}
                """);
        talk("/reset", "/load " + file);
        assertThat(said()).isEqualTo(saved);
        talk("More", "/save " + file); // refused: this program has neither saved nor loaded it
        assertThat(heard.getLast()).startsWith("refused: there is already something at");
        talk("/save! " + file, "More", "/save " + file);
        assertThat(Files.readAllLines(file)).hasSize(7);
        talk("/save " + directory.resolve("x.md"));
        assertThat(Files.readString(directory.resolve("x.md")))
                .startsWith("## System\n\nS\n\n## User\n\nHi \"you\"\nthere\n");
    }

    @Test
    void filesThatAreNoConversationAreRefused() throws Exception {
        for (String content : List.of(
                "",
                "nonsense",
                "[1]",
                "{\"role\":\"user\"}",
                "{\"role\":\"assistant\",\"content\":\"x\"}",
                "{\"role\":\"user\",\"content\":\"x\"}\n{\"role\":\"user\",\"content\":\"y\"}",
                "{\"role\":\"user\",\"content\":\"x\"}\n{\"role\":\"system\",\"content\":\"y\"}")) {
            Path file = Files.writeString(directory.resolve("bad.jsonl"), content);
            talk("/load " + file);
            assertThat(heard.getLast()).as(content).startsWith("refused: " + file);
        }
        talk(
                "/load",
                "/load nowhere.jsonl",
                "/load x.md",
                "/save",
                "Hi",
                "/save x.txt",
                "/save " + directory + "/no/x.md");
        assertThat(heard.stream().filter(text -> text.startsWith("refused"))).hasSize(13);
    }

    @Test
    void aLoadedConversationMayWaitForItsAnswer() throws Exception {
        Path file = Files.writeString(directory.resolve("q.jsonl"), "{\"role\":\"user\",\"content\":\"Hi\"}\n");
        talk("/load " + file, "/retry");
        assertThat(said()).isEqualTo("u:Hi a:answer 1");
    }

    @Test
    void statsAreThoseOfTheLastAnswer() {
        talk("/stats", "Hi", "/stats");
        assertThat(heard.getFirst()).isEqualTo("nothing was said yet");
        assertThat(heard.getLast().lines())
                .containsExactly(
                        "prompt: 10 tokens, 6 of them from the cache; 4 read in 0.50 s (8.0/s)",
                        "answer: 3 tokens in 0.25 s after the first (8.0/s)",
                        "context: 13 of 100 tokens used");
    }

    @Test
    void leavingAndWhatIsNoCommand() {
        assertThat(talk("/help", "^C", "/what", "/exit now", "/bye", "never read"))
                .isEqualTo(UserError.REFUSED);
        assertThat(heard.getFirst()).contains("/system", "/save", "/exit");
        assertThat(heard.get(1)).isEqualTo("(Ctrl-D or /exit leaves)");
        assertThat(heard.get(2)).isEqualTo("refused: there is no command /what");
        assertThat(heard.get(3)).contains("takes nothing");
        assertThat(asked).isEmpty();
    }
}
