package dev.cria.cli.chat;

import dev.cria.cli.terminal.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;

/** Begins a conversation: at the terminal where there is one, else through pipes. */
public final class Chats {
    private static final String HISTORY = "chat-history";

    private Chats() {}

    /**
     * Talks until the user leaves.
     *
     * @param json whether answers are JSON objects; then there is no terminal
     * @param environment says where the history is kept
     * @param greeting what a person at a terminal is told first
     * @return the exit code
     */
    public static int run(
            Console console,
            boolean json,
            Map<String, String> environment,
            Responder responder,
            Conversation conversation,
            ChatSettings settings,
            String greeting)
            throws IOException {
        if (json || !isTerminal(console)) {
            PlainChat plain = new PlainChat(console, json);
            return new ChatLoop(plain, plain, responder, conversation, settings).run();
        }
        boolean coloured = !environment.containsKey("NO_COLOR");
        try (TerminalChat terminal = new TerminalChat(history(console, environment), coloured)) {
            terminal.notice(greeting);
            return new ChatLoop(terminal, terminal, responder, conversation, settings).run();
        }
    }

    /** Whether a person types and reads here: all three streams are a terminal's. */
    private static boolean isTerminal(Console console) {
        java.io.Console own = System.console();
        return console.interactive() && own != null && own.isTerminal();
    }

    /** The file of what was typed, for its owner's eyes alone; empty where it cannot be. */
    private static Optional<Path> history(Console console, Map<String, String> environment) {
        String state = environment.getOrDefault("XDG_STATE_HOME", "");
        Path folder = (state.isBlank() ? Path.of(System.getProperty("user.home"), ".local", "state") : Path.of(state))
                .resolve("cria");
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve(HISTORY);
            if (!Files.exists(file)) {
                Files.createFile(file);
            }
            if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
            return Optional.of(file);
        } catch (IOException | SecurityException e) {
            console.say("cria: what you type is not kept for the next time: " + e.getMessage());
            return Optional.empty();
        }
    }
}
