package dev.cria.cli.chat;

import dev.cria.base.DurableFiles;
import dev.cria.base.JsonFiles;
import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.text.ChatMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Conversations as files: JSON lines of {@code {"role":…,"content":…}}, which can be loaded again, or Markdown to read. */
final class Transcript {
    private static final long LARGEST = 16 << 20;

    private Transcript() {}

    /** Writes all that was said. @throws UserError if the file's name ends in neither .jsonl nor .md, or it cannot be written */
    static void save(Conversation conversation, Path file) {
        boolean markdown = isMarkdown(file);
        if (!markdown && !name(file).endsWith(".jsonl")) {
            throw new UserError(
                    file + ": the name does not say which format is meant",
                    "end it in .jsonl (to load again) or .md (to read)");
        }
        String text = conversation.all().stream()
                .map(markdown ? Transcript::markdown : Transcript::json)
                .collect(Collectors.joining(markdown ? "\n" : ""));
        try {
            DurableFiles.write(file, text);
        } catch (NoSuchFileException e) {
            throw new UserError("the folder of " + file + " does not exist", "create it, or name another file", e);
        } catch (IOException e) {
            throw new UserError("cannot write " + file + ": " + e.getMessage(), "name another file", e);
        }
    }

    private static boolean isMarkdown(Path file) {
        return name(file).endsWith(".md") || name(file).endsWith(".markdown");
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    }

    private static String markdown(ChatMessage message) {
        String role = message.role();
        return "## " + role.substring(0, 1).toUpperCase(Locale.ROOT) + role.substring(1) + "\n\n"
                + message.content().strip() + "\n";
    }

    private static String json(ChatMessage message) {
        ObjectNode object = JsonFiles.newObject();
        object.put("role", message.role());
        object.put("content", message.content());
        return JsonMapper.shared().writeValueAsString(object) + "\n";
    }

    /** Reads a conversation that was saved as JSON lines. @throws UserError if it is none */
    static Conversation load(Path file) {
        if (isMarkdown(file)) {
            throw new UserError(
                    file + " is Markdown, which is to be read by people", "load a conversation saved as .jsonl");
        }
        List<String> lines;
        try {
            long size = Files.size(file);
            if (size > LARGEST) {
                throw new UserError(file + " is " + size + " bytes; no conversation is as long", "check the file");
            }
            lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (NoSuchFileException e) {
            throw new UserError("there is no file " + file, "check the path", e);
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": " + e.getMessage(), "check the path", e);
        }
        Optional<Conversation> loaded = Optional.empty();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                loaded = Optional.of(add(loaded, message(lines.get(i), file, i + 1), file, i + 1));
            }
        }
        return loaded.orElseThrow(() -> new UserError(file + " holds no message", "load one that /save wrote"));
    }

    private static ChatMessage message(String line, Path file, int number) {
        JsonNode node;
        try {
            node = JsonFiles.parseObject(line.getBytes(StandardCharsets.UTF_8), file);
        } catch (MalformedFileException e) {
            throw damaged(file, number, "is no JSON object");
        }
        if (!node.path("role").isString() || !node.path("content").isString()) {
            throw damaged(file, number, "has no role and content");
        }
        return new ChatMessage(
                node.get("role").stringValue(), node.get("content").stringValue());
    }

    /** Adds a message where its role may speak: the system first, then user and assistant in turn. */
    private static Conversation add(Optional<Conversation> before, ChatMessage message, Path file, int number) {
        if (before.isEmpty() && message.role().equals(Conversation.SYSTEM)) {
            return new Conversation(Optional.of(message.content()));
        }
        Conversation conversation = before.orElseGet(() -> new Conversation(Optional.empty()));
        String due = conversation.isAnswerDue() ? Conversation.ASSISTANT : Conversation.USER;
        if (!message.role().equals(due)) {
            throw damaged(file, number, "is of role '" + message.role() + "' where the " + due + " is to speak");
        }
        if (due.equals(Conversation.USER)) {
            conversation.say(message.content());
        } else {
            conversation.answered(message.content());
        }
        return conversation;
    }

    private static UserError damaged(Path file, int number, String what) {
        return new UserError(
                file + ": line " + number + " " + what,
                "each line is {\"role\": \"user\", \"content\": \"…\"}, as /save writes it");
    }
}
