package dev.cria.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.model.generation.StopReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jline.terminal.impl.LineDisciplineTerminal;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys go in and a screen comes out, through a terminal that is not there. */
@Timeout(30)
class TerminalChatTest {
    @TempDir
    private Path directory;

    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    private LineDisciplineTerminal terminal;

    @BeforeEach
    void terminal() throws IOException {
        terminal = new LineDisciplineTerminal("test", "xterm", screen, StandardCharsets.UTF_8);
        terminal.setSize(new org.jline.terminal.Size(80, 24));
    }

    private TerminalChat chat(Path history) {
        return new TerminalChat(terminal, Optional.of(history), false);
    }

    private void type(String keys) throws IOException {
        terminal.processInputBytes(keys.getBytes(StandardCharsets.UTF_8));
    }

    /** Types once the prompt stands there: before, Ctrl-C would be for what runs. */
    private void typeWhenAsked(String keys) {
        screen.reset();
        Thread.ofVirtual().start(() -> {
            try {
                while (!screen.toString(StandardCharsets.UTF_8).contains("> ")) {
                    Thread.sleep(10);
                }
                type(keys);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private String typed(ChatInput chat) {
        return ((ChatInput.Event.Typed) chat.read()).text();
    }

    @Test
    void linesAreEditedAndGoOn() throws Exception {
        try (TerminalChat chat = chat(directory.resolve("h"))) {
            type("Helo\u001bODl\r");
            assertThat(typed(chat)).isEqualTo("Hello");
            type("one\\\rtwo\r");
            assertThat(typed(chat)).isEqualTo("one\ntwo");
            type("\"\"\"\ra\rb\r\"\"\"\r");
            assertThat(typed(chat)).isEqualTo("a\nb");
            type("/sta\t\r");
            assertThat(typed(chat)).isEqualTo("/stats");
            type("wow! it's \"good\" $HOME\r");
            assertThat(typed(chat)).isEqualTo("wow! it's \"good\" $HOME");
            type("\u0004");
            assertThat(chat.read()).isInstanceOf(ChatInput.Event.End.class);
        }
    }

    @Test
    void ctrlCAtThePromptClearsTheLineAndThenTellsHowToLeave() throws Exception {
        try (TerminalChat chat = chat(directory.resolve("h"))) {
            typeWhenAsked("half a thou\u0003");
            assertThat(typed(chat)).isEmpty();
            typeWhenAsked("\u0003");
            assertThat(chat.read()).isInstanceOf(ChatInput.Event.Interrupted.class);
        }
    }

    @Test
    void whatWasTypedIsThereTheNextTime() throws Exception {
        Path history = directory.resolve("state/h");
        Files.createDirectories(history.getParent());
        try (TerminalChat chat = chat(history)) {
            type("remember me\r");
            typed(chat);
            type("and\\\rme\r");
            typed(chat);
        }
        terminal();
        try (TerminalChat chat = chat(history)) {
            type("\u001bOA\r");
            assertThat(typed(chat)).isEqualTo("and\nme");
            type("\u001bOA\u001bOA\u001bOA\r"); // in a message of two lines the first key goes up within it
            assertThat(typed(chat)).isEqualTo("remember me");
        }
    }

    @Test
    void ctrlCStopsAnAnswerAndKeysWait() throws Exception {
        try (TerminalChat chat = chat(directory.resolve("h"))) {
            type("Hi\r");
            typed(chat);
            screen.reset();
            chat.working(true);
            assertThat(chat.stopped()).isFalse();
            type("next");
            type("\u0003");
            assertThat(chat.stopped()).isTrue();
            chat.text("Hel");
            chat.text("lo\u001b[2J");
            chat.answered(new Reply("Hello", StopReason.CANCELLED, 0, new TurnStats(1, 1, 1, 1, 1, 1, 1)));
            chat.working(false);
            assertThat(chat.stopped()).isFalse();
            assertThat(screen.toString(StandardCharsets.UTF_8).replace("\r", ""))
                    .isEqualTo("Hello\ufffd[2J\n");
        }
    }

    @Test
    void aLongPromptIsToldAboutUntilTheFirstWord() throws Exception {
        try (TerminalChat chat = chat(directory.resolve("h"))) {
            chat.reading(3);
            assertThat(screen.size()).isZero();
            chat.reading(500);
            chat.text("A");
            assertThat(screen.toString(StandardCharsets.UTF_8)).isEqualTo("reading 500 tokens …\r\u001b[KA");
        }
    }
}
