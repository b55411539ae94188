package dev.cria.data.chat;

import dev.cria.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The layouts that conversations are published in, told apart row by row:
 *
 * <ul>
 *   <li>OpenAI's and UltraChat's {@code {"messages": [{"role": "user", "content": "…"}, …]}}
 *   <li>ShareGPT's {@code {"conversations": [{"from": "human", "value": "…"}, …]}}, also with {@code "system"} beside
 *   <li>Alpaca's {@code {"instruction": "…", "input": "…", "output": "…"}}; an input follows its instruction after a blank line
 *   <li>OpenAssistant-Guanaco's {@code {"text": "### Human: …### Assistant: …"}}
 * </ul>
 */
public final class ConversationLayout {
    private static final Map<String, String> ROLES = Map.ofEntries(
            Map.entry("human", "user"),
            Map.entry("user", "user"),
            Map.entry("prompter", "user"),
            Map.entry("gpt", "assistant"),
            Map.entry("chatgpt", "assistant"),
            Map.entry("bing", "assistant"),
            Map.entry("bard", "assistant"),
            Map.entry("model", "assistant"),
            Map.entry("assistant", "assistant"),
            Map.entry("system", "system"));

    /** Who speaks in texts that are laid out as Guanaco's. */
    private static final Pattern GUANACO = Pattern.compile("### (Human|Assistant):");

    /** Who speaks in texts that are laid out as HH-RLHF's. */
    private static final Pattern HELPFUL = Pattern.compile("(?:^|\\n\\n)(Human|Assistant):");

    private ConversationLayout() {}

    /** The messages of a row; empty where it is in no known layout. */
    public static Optional<List<ChatMessage>> read(JsonNode row) {
        for (String key : List.of("messages", "conversations", "conversation")) {
            if (row.path(key).isArray()) {
                return turns(row, row.path(key));
            }
        }
        if (row.path("instruction").isString() && row.path("output").isString()) {
            return Optional.of(instruction(row));
        }
        return row.path("text").isString() ? transcript(row.path("text").stringValue(), GUANACO) : Optional.empty();
    }

    /** The messages of a text such as {@code "\n\nHuman: …\n\nAssistant: …"}; empty where it is none. */
    static Optional<List<ChatMessage>> helpful(String text) {
        return transcript(text, HELPFUL);
    }

    /** A list of messages, or one alone; a system message that stands beside it in {@code row} comes first. */
    static Optional<List<ChatMessage>> turns(JsonNode row, JsonNode turns) {
        List<ChatMessage> messages = new ArrayList<>();
        system(row, messages);
        for (JsonNode turn : turns.isObject() ? List.of(turns) : turns) {
            JsonNode role = turn.path(turn.has("role") ? "role" : "from");
            Optional<String> content = content(turn.path(turn.has("content") ? "content" : "value"));
            if (!role.isString() || content.isEmpty()) {
                return Optional.empty();
            }
            String name = role.stringValue().toLowerCase(Locale.ROOT);
            messages.add(new ChatMessage(ROLES.getOrDefault(name, name), content.get()));
        }
        return Optional.of(messages);
    }

    /** Adds a system message that stands beside the turns. */
    static void system(JsonNode row, List<ChatMessage> messages) {
        JsonNode system = row.path("system");
        if (system.isString() && !system.stringValue().isBlank()) {
            messages.add(new ChatMessage("system", system.stringValue()));
        }
    }

    /** A text, a missing one (null: said nothing), or OpenAI's list of parts, which must all be texts. */
    private static Optional<String> content(JsonNode node) {
        if (node.isString()) {
            return Optional.of(node.stringValue());
        }
        if (node.isNull()) {
            return Optional.of("");
        }
        if (!node.isArray()) {
            return Optional.empty();
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : node) {
            if (!part.path("text").isString()) {
                return Optional.empty();
            }
            text.append(part.path("text").stringValue());
        }
        return Optional.of(text.toString());
    }

    private static List<ChatMessage> instruction(JsonNode row) {
        List<ChatMessage> messages = new ArrayList<>();
        system(row, messages);
        for (JsonNode earlier : row.path("history")) {
            messages.add(new ChatMessage("user", earlier.path(0).asString("")));
            messages.add(new ChatMessage("assistant", earlier.path(1).asString("")));
        }
        messages.add(
                new ChatMessage("user", withInput(row, row.path("instruction").stringValue())));
        messages.add(new ChatMessage("assistant", row.path("output").stringValue()));
        return messages;
    }

    /** An instruction, with the input it is about where there is one. */
    static String withInput(JsonNode row, String instruction) {
        JsonNode input = row.path("input");
        boolean has = input.isString() && !input.stringValue().isBlank();
        return has ? instruction + "\n\n" + input.stringValue() : instruction;
    }

    private static Optional<List<ChatMessage>> transcript(String text, Pattern speaker) {
        List<ChatMessage> messages = new ArrayList<>();
        Matcher mark = speaker.matcher(text);
        if (!mark.find() || !text.substring(0, mark.start()).isBlank()) {
            return Optional.empty();
        }
        boolean more = true;
        while (more) {
            String role = mark.group(1).equals("Human") ? "user" : "assistant";
            int start = mark.end();
            more = mark.find();
            messages.add(new ChatMessage(
                    role,
                    text.substring(start, more ? mark.start() : text.length()).strip()));
        }
        return Optional.of(messages);
    }
}
