package dev.cria.cli;

import dev.cria.base.UserError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** One JSON value a line, read as it comes; a line that is none is refused by its number. */
final class JsonLines implements AutoCloseable {
    private final BufferedReader reader;
    private final String name;
    private long line;

    /**
     * @param in UTF-8 text
     * @param name what messages call it
     */
    JsonLines(InputStream in, String name) {
        this.reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()), 1 << 16);
        this.name = name;
    }

    /** The next value; empty at the end. */
    Optional<JsonNode> next() throws IOException {
        String text;
        try {
            text = reader.readLine();
        } catch (CharacterCodingException e) {
            throw new UserError(
                    name + " line " + (line + 1) + " or shortly after: not UTF-8",
                    "give UTF-8 text, one JSON value a line",
                    e);
        }
        if (text == null) {
            return Optional.empty();
        }
        line++;
        try {
            JsonNode node = Json.mapper().readTree(text);
            if (node.isMissingNode()) {
                throw refuse("is empty");
            }
            return Optional.of(node);
        } catch (JacksonException e) {
            throw refuse("is not JSON (" + e.getOriginalMessage() + ")");
        }
    }

    /** Whether another line has come already: where not, what was answered should be flushed before waiting. */
    boolean ready() throws IOException {
        return reader.ready();
    }

    /** An error about the line read last. */
    UserError refuse(String what) {
        return new UserError(name + " line " + line + ": " + what, "each line must be one JSON value; see --help");
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
