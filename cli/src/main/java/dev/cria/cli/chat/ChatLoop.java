package dev.cria.cli.chat;

import dev.cria.base.UserError;
import dev.cria.cli.chat.ChatInput.Event;
import dev.cria.model.generation.StopReason;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** The conversation itself: takes what the user types, has it answered, and carries out commands. Knows no terminal and no model. */
final class ChatLoop {
    private final ChatInput in;
    private final ChatOutput out;
    private final Responder responder;
    private final Conversation conversation;
    private ChatSettings settings;
    private Optional<TurnStats> stats = Optional.empty();
    private Optional<Path> own = Optional.empty();
    private int turn;
    private int worst;

    ChatLoop(ChatInput in, ChatOutput out, Responder responder, Conversation conversation, ChatSettings settings) {
        this.in = in;
        this.out = out;
        this.responder = responder;
        this.conversation = conversation;
        this.settings = settings;
    }

    /** Talks until the user leaves; returns the exit code: 0, or that of the worst that was refused. */
    int run() {
        while (true) {
            switch (in.read()) {
                case Event.End end -> {
                    return worst;
                }
                case Event.Interrupted interrupted -> out.notice("Ctrl-D or /exit leaves");
                case Event.Typed typed -> {
                    if (!take(typed.text())) {
                        return worst;
                    }
                }
            }
        }
    }

    /** Returns whether the conversation goes on. */
    private boolean take(String text) {
        if (text.isBlank()) {
            return true;
        }
        try {
            if (text.startsWith("/") && !text.startsWith("//")) {
                return command(text);
            }
            conversation.say(text.startsWith("//") ? text.substring(1) : text);
            answer();
        } catch (UserError e) {
            worst = Math.max(worst, e.exitCode());
            out.refuse(e);
        }
        return true;
    }

    private boolean command(String text) {
        Commands command = Commands.of(text)
                .orElseThrow(() -> new UserError(
                        "there is no command " + Commands.firstWord(text),
                        "/help lists them; a message that begins with a slash is written with two"));
        String argument = Commands.rest(text);
        if (command.argument().isEmpty() && !argument.isEmpty()) {
            throw new UserError(command.word() + " takes nothing, but '" + argument + "' follows it", "leave it out");
        }
        switch (command) {
            case HELP -> out.say(Commands.help());
            case SYSTEM -> system(argument);
            case SET -> set(argument);
            case RETRY -> retry();
            case UNDO -> undo();
            case RESET -> {
                conversation.reset();
                stats = Optional.empty();
                out.notice("the conversation is forgotten");
            }
            case SAVE -> save(argument, Commands.firstWord(text).endsWith("!"));
            case LOAD -> load(argument);
            case STATS -> out.say(stats.map(TurnStats::render).orElse("nothing was said yet"));
            case EXIT -> {
                return false;
            }
        }
        return true;
    }

    private void answer() {
        Reply reply;
        in.working(true);
        try {
            reply = responder.answer(
                    conversation, settings, turn++, new Responder.Watcher(out::reading, out::text, in::stopped));
        } catch (UserError e) {
            conversation.undo(); // what could not be answered was not said
            throw e;
        } finally {
            in.working(false);
        }
        stats = Optional.of(reply.stats());
        out.answered(reply);
        if (reply.forgotten() > 0) {
            out.notice("the context of " + reply.stats().contextLength()
                    + " tokens was full: the model no longer sees the oldest " + conversation.forgotten()
                    + " messages");
        }
        boolean stopped = reply.stopReason() == StopReason.CANCELLED;
        if (stopped && reply.text().isBlank()) {
            conversation.undo();
            out.notice("stopped before the first word; your message is taken back");
            return;
        }
        conversation.answered(reply.text());
        if (stopped) {
            out.notice("stopped; what was said stays in the conversation");
        } else if (reply.stopReason() == StopReason.LENGTH) {
            out.notice(
                    reply.stats().newTokens() >= settings.maxTokens()
                            ? "cut off after " + settings.maxTokens() + " tokens; /set max-tokens=N allows more"
                            : "cut off where the context of " + reply.stats().contextLength() + " tokens is full");
        }
    }

    private void system(String argument) {
        if (argument.isEmpty()) {
            out.say(conversation.system().orElse("there is no system message"));
            return;
        }
        conversation.system(argument.equals("none") ? Optional.empty() : Optional.of(argument));
        out.notice(
                conversation.size() == 0
                        ? "noted"
                        : "noted; it holds from the next answer on, for which the conversation is read again");
    }

    private void set(String argument) {
        if (!argument.isEmpty()) {
            settings = settings.with(argument);
        }
        out.say(settings.render());
    }

    private void retry() {
        if (!conversation.takeBackAnswer() && !conversation.isAnswerDue()) {
            throw new UserError("there is nothing to answer again", "say something first");
        }
        if (settings.sampling().temperature() == 0) {
            out.notice("at temperature 0 the answer is always the same; /set temperature=0.8 changes that");
        }
        answer();
    }

    private void undo() {
        String undone = conversation
                .undo()
                .orElseThrow(() -> new UserError("there is nothing to take back", "say something first"));
        String line = undone.lines().findFirst().orElse("");
        out.notice(
                "taken back: " + (line.length() > 60 ? line.substring(0, line.offsetByCodePoints(0, 59)) + "…" : line));
    }

    private void save(String argument, boolean replace) {
        Path file = file(argument);
        if (conversation.all().isEmpty()) {
            throw new UserError("nothing was said yet", "say something first");
        }
        if (Files.exists(file) && !replace && !own.equals(Optional.of(file))) {
            throw new UserError("there is already something at " + file, "/save! " + argument + " replaces it");
        }
        Transcript.save(conversation, file);
        own = Optional.of(file);
        out.notice("saved " + conversation.all().size() + " messages to " + file);
    }

    private void load(String argument) {
        Path file = file(argument);
        conversation.replace(Transcript.load(file));
        stats = Optional.empty();
        own = Optional.of(file);
        out.notice("loaded " + conversation.all().size() + " messages from " + file
                + (conversation.isAnswerDue() ? "; /retry answers the last" : ""));
    }

    private static Path file(String argument) {
        if (argument.isEmpty()) {
            throw new UserError("which file?", "say it as /save conversation.jsonl");
        }
        try {
            boolean home = argument.equals("~") || argument.startsWith("~/");
            return home ? Path.of(System.getProperty("user.home") + argument.substring(1)) : Path.of(argument);
        } catch (InvalidPathException e) {
            throw new UserError("'" + argument + "' is no path", "name a file", e);
        }
    }
}
