package dev.cria.cli.chat;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * A conversation through pipes: one message a line in, answers alone out, remarks to stderr. Nothing is echoed and nothing coloured, and Ctrl-C
 * ends the program, as for any other that a script runs.
 */
final class PlainChat implements ChatInput, ChatOutput {
    private final Console console;
    private final BufferedReader in;
    private final boolean json;

    /** @param json whether each answer is one JSON object a line, with figures, instead of text */
    PlainChat(Console console, boolean json) {
        this.console = console;
        this.in = new BufferedReader(new InputStreamReader(console.in(), StandardCharsets.UTF_8));
        this.json = json;
    }

    @Override
    public Event read() {
        try {
            String line = in.readLine();
            if (line == null) {
                return new Event.End();
            }
            StringBuilder typed = new StringBuilder(line);
            while (!MessageText.isComplete(typed.toString())) {
                String next = in.readLine();
                if (next == null) {
                    break;
                }
                typed.append('\n').append(next);
            }
            return new Event.Typed(MessageText.unwrap(typed.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean stopped() {
        return false;
    }

    @Override
    public void working(boolean busy) {
        // Nobody is watching.
    }

    @Override
    public void reading(int tokens) {
        // Nobody is watching.
    }

    @Override
    public void text(String piece) {
        if (!json) {
            try {
                console.out().write(piece);
                console.out().flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void answered(Reply reply) {
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("content", reply.text());
            object.put("stop_reason", reply.stopReason().name().toLowerCase(Locale.ROOT));
            object.put("forgotten_messages", reply.forgotten());
            object.putAll(reply.stats().toMap());
            console.print(JsonMapper.shared().writeValueAsString(object));
        } else {
            console.print("");
        }
        console.flush();
    }

    @Override
    public void say(String lines) {
        lines.lines().forEach(console::say);
    }

    @Override
    public void notice(String sentence) {
        console.say("cria: " + sentence);
    }

    @Override
    public void refuse(UserError error) {
        notice(error.what());
        if (!error.hint().isEmpty()) {
            console.say("HINT: " + error.hint());
        }
    }
}
