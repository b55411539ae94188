package dev.cria.cli.chat;

import dev.cria.base.UserError;
import dev.cria.text.ChatMessage;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a conversation becomes a prompt: the model's own chat template, one that is known by name, or one from a file.
 *
 * @param template the template
 * @param stops texts with which a model that was tuned on it may begin somebody else's turn
 */
public record ConversationTemplate(ChatTemplate template, List<String> stops) {
    private static final long LARGEST_FILE = 1 << 18;

    /** What begins a turn in the templates that are known by name. */
    private static final Map<String, List<String>> STOPS = Map.of(
            "zephyr", List.of("<|user|>", "<|system|>", "<|assistant|>"),
            "chatml", List.of("<|im_end|>", "<|im_start|>"));

    public ConversationTemplate {
        stops = List.copyOf(stops);
    }

    /** A model's own. */
    public static ConversationTemplate own(ChatTemplate template) {
        return new ConversationTemplate(template, List.of());
    }

    /**
     * One that is known by its name, or that a file holds.
     *
     * @throws UserError if it is neither
     */
    public static ConversationTemplate named(String nameOrFile, Tokenizer tokenizer) {
        String bos = tokenizer.piece(tokenizer.bosId());
        String eos = tokenizer.piece(tokenizer.eosId());
        Optional<ChatTemplate> known = ChatTemplate.named(nameOrFile, tokenizer);
        if (known.isPresent()) {
            return new ConversationTemplate(known.get(), STOPS.getOrDefault(nameOrFile, List.of()));
        }
        Path file = Path.of(nameOrFile);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > LARGEST_FILE) {
                throw new UserError(
                        "there is no chat template '" + nameOrFile + "'",
                        "give zephyr, chatml, or a file that holds one in Jinja");
            }
            return own(ChatTemplate.of(Files.readString(file), bos, eos));
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": " + e.getMessage(), "it must be a text file in UTF-8", e);
        }
    }

    /**
     * The ids of messages, from BOS on.
     *
     * @param answerDue whether they end where the assistant is to speak
     */
    int[] encode(List<ChatMessage> messages, boolean answerDue, Tokenizer tokenizer) {
        int[] ids = template.encode(tokenizer, messages, answerDue);
        if (ids.length > 0 && ids[0] == tokenizer.bosId()) {
            return ids; // some templates begin with BOS themselves
        }
        int[] withBos = new int[ids.length + 1];
        withBos[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }
}
