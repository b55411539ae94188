package dev.cria.text;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What {@code tokenizer_config.json} says: the special tokens and the chat templates.
 *
 * @param addBos whether texts begin with BOS; empty where the file does not say
 * @param addEos whether texts end with EOS; empty where the file does not say
 * @param chatTemplates templates by name; a single one is called "default"
 */
record TokenizerConfig(
        Optional<String> bosToken,
        Optional<String> eosToken,
        Optional<String> padToken,
        Optional<Boolean> addBos,
        Optional<Boolean> addEos,
        List<AddedToken> addedTokens,
        Map<String, String> chatTemplates) {

    static final String FILE_NAME = "tokenizer_config.json";

    static TokenizerConfig none() {
        return new TokenizerConfig(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Map.of());
    }

    /** Reads the file of a directory; {@link #none} where there is no such file. */
    static TokenizerConfig ofDirectory(Path directory) {
        Path file = directory.resolve(FILE_NAME);
        return Files.exists(file) ? read(file) : none();
    }

    /**
     * Reads a file.
     *
     * @throws MalformedFileException where it is no JSON object, or an entry is of the wrong kind
     * @throws UserError where it cannot be read
     */
    static TokenizerConfig read(Path file) {
        JsonNode root = JsonFiles.readObject(file);
        return new TokenizerConfig(
                token(file, root, "bos_token"),
                token(file, root, "eos_token"),
                token(file, root, "pad_token"),
                flag(root, "add_bos_token"),
                flag(root, "add_eos_token"),
                addedTokens(file, root.path("added_tokens_decoder")),
                templates(file, root.path("chat_template")));
    }

    private static Optional<Boolean> flag(JsonNode root, String key) {
        return root.path(key).isBoolean() ? Optional.of(root.path(key).booleanValue()) : Optional.empty();
    }

    private static Optional<String> token(Path file, JsonNode root, String key) {
        JsonNode node = root.path(key);
        if (node.isObject()) {
            node = node.path("content");
        }
        if (node.isMissingNode() || node.isNull()) {
            return Optional.empty();
        }
        if (!node.isString()) {
            throw JsonFiles.malformed(file, key + " is not a text");
        }
        return Optional.of(node.stringValue());
    }

    private static List<AddedToken> addedTokens(Path file, JsonNode decoder) {
        List<AddedToken> tokens = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : decoder.properties()) {
            int id;
            try {
                id = Integer.parseInt(entry.getKey());
            } catch (NumberFormatException e) {
                throw JsonFiles.malformed(
                        file, "added_tokens_decoder has the key \"" + entry.getKey() + "\", which is no id");
            }
            tokens.add(JsonFiles.addedToken(file, "added_tokens_decoder", entry.getValue(), id));
        }
        tokens.sort(Comparator.comparingInt(AddedToken::id));
        return List.copyOf(tokens);
    }

    private static Map<String, String> templates(Path file, JsonNode node) {
        Map<String, String> templates = new LinkedHashMap<>();
        if (node.isString()) {
            templates.put("default", node.stringValue());
        } else if (node.isArray()) {
            for (JsonNode entry : node) {
                if (!entry.path("name").isString() || !entry.path("template").isString()) {
                    throw JsonFiles.malformed(file, "an entry of chat_template has no name or no template");
                }
                templates.put(
                        entry.path("name").stringValue(), entry.path("template").stringValue());
            }
        } else if (!node.isMissingNode() && !node.isNull()) {
            throw JsonFiles.malformed(file, "chat_template is neither a text nor a list");
        }
        return Map.copyOf(templates);
    }
}
