package dev.cria.cli.chat;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The commands of a conversation, which begin with a slash. */
enum Commands {
    HELP("/help", "", "this list"),
    SYSTEM("/system", "[TEXT]", "set the system message; `none` removes it; alone, shows it"),
    SET("/set", "[NAME=VALUE]…", "set how answers are made; alone, shows it"),
    RETRY("/retry", "", "another answer to the last message"),
    UNDO("/undo", "", "take back the last message and its answer"),
    RESET("/reset", "", "forget the conversation; the system message stays"),
    SAVE("/save", "FILE", "save it: .jsonl to load again, .md to read; `/save! FILE` replaces a file"),
    LOAD("/load", "FILE", "go on with one saved as .jsonl"),
    STATS("/stats", "", "tokens and speed of the last answer, and what of the context is used"),
    EXIT("/exit", "", "leave; Ctrl-D does too");

    private static final List<List<String>> ALIASES = List.of(
            List.of("/quit", "/exit"), List.of("/bye", "/exit"), List.of("/clear", "/reset"), List.of("/?", "/help"));

    private final String word;
    private final String argument;
    private final String meaning;

    Commands(String word, String argument, String meaning) {
        this.word = word;
        this.argument = argument;
        this.meaning = meaning;
    }

    String word() {
        return word;
    }

    String argument() {
        return argument;
    }

    /** The command that {@code text} begins with. */
    static Optional<Commands> of(String text) {
        String typed = firstWord(text).toLowerCase(Locale.ROOT);
        String name = ALIASES.stream()
                .filter(alias -> alias.getFirst().equals(typed))
                .map(List::getLast)
                .findFirst()
                .orElse(typed.equals("/save!") ? "/save" : typed);
        return Stream.of(values()).filter(command -> command.word.equals(name)).findFirst();
    }

    static String firstWord(String text) {
        return text.split("\\s", 2)[0];
    }

    /** What follows the first word. */
    static String rest(String text) {
        return text.substring(firstWord(text).length()).strip();
    }

    static String help() {
        String commands = Stream.of(values())
                .map(command -> String.format("  %-22s %s", command.word + " " + command.argument, command.meaning))
                .collect(Collectors.joining("\n"));
        return commands + """


                  A line that ends with \\ goes on in the next; lines between \"\"\" and \"\"\" are one message.
                  A message that begins with a slash is written with two. Ctrl-C stops an answer, and keeps what was said.\
                """.stripIndent();
    }
}
