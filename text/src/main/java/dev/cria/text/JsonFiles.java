package dev.cria.text;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the small files of a tokenizer, with errors that name the file. */
final class JsonFiles {
    /** No tokenizer is anywhere near this size; a larger file is something else. */
    static final long MAX_BYTES = 256L << 20;

    private static final String HINT = "the file is damaged or of another kind; fetch it again";
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private JsonFiles() {}

    /** All bytes of a file of a tokenizer's size. */
    static byte[] bytes(Path file) {
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new UserError(
                        file + ": " + size + " bytes are too many for a tokenizer file",
                        "give the path of a tokenizer");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new UserError(file + ": there is no such file", "check the path", e);
        } catch (IOException e) {
            throw new UserError(
                    file + ": cannot be read (" + e.getMessage() + ")", "check that it is a readable file", e);
        }
    }

    static JsonNode readObject(Path file) {
        return parseObject(file, bytes(file));
    }

    static JsonNode parseObject(Path file, byte[] bytes) {
        JsonNode root;
        try {
            root = MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            long offset = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
            throw new MalformedFileException(file, offset, "not valid JSON: " + e.getOriginalMessage(), HINT);
        }
        if (root == null || !root.isObject()) {
            throw malformed(file, "it holds no JSON object");
        }
        return root;
    }

    static MalformedFileException malformed(Path file, String what) {
        return new MalformedFileException(file, -1, what, HINT);
    }

    /** The boolean at {@code key}, or {@code otherwise} where there is none. */
    static boolean flag(Path file, JsonNode node, String key, boolean otherwise) {
        JsonNode value = node.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw malformed(file, key + " is neither true nor false");
        }
        return value.booleanValue();
    }

    static String text(Path file, JsonNode node, String key) {
        JsonNode value = node.path(key);
        if (!value.isString()) {
            throw malformed(file, key + " is not a text");
        }
        return value.stringValue();
    }

    static AddedToken addedToken(Path file, String where, JsonNode node, int id) {
        String content = text(file, node, "content");
        if (content.isEmpty() || id < 0) {
            throw malformed(file, where + " holds an empty token, or one with a negative id");
        }
        boolean special = flag(file, node, "special", false);
        return new AddedToken(
                id,
                content,
                special,
                flag(file, node, "normalized", !special),
                flag(file, node, "single_word", false),
                flag(file, node, "lstrip", false),
                flag(file, node, "rstrip", false));
    }
}
