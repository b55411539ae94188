package dev.cria.text;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.text.jinja.JinjaTemplate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Turns a conversation into the text a model was tuned on. Templates are Jinja, written for Python; they come from strangers together with a
 * model, and {@link JinjaTemplate} lets them reach nothing but the conversation.
 */
public final class ChatTemplate {
    /** The newer place of a template: a file of its own. */
    static final String FILE_NAME = "chat_template.jinja";

    private static final int MAX_TEMPLATE = 1 << 18;

    private static final Map<String, String> KNOWN = Map.of(
            "zephyr",
            "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}{{ eos_token }}\n{% endfor %}"
                    + "{% if add_generation_prompt %}<|assistant|>\n{% endif %}",
            "chatml",
            "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
                    + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");

    private final String source;
    private final Map<String, Object> variables;
    private final String name;
    private volatile @Nullable JinjaTemplate parsed;

    private ChatTemplate(String source, String name, Map<String, Object> variables) {
        if (source.length() > MAX_TEMPLATE) {
            throw new UserError(
                    name + ": a chat template of " + source.length() + " characters; " + MAX_TEMPLATE + " are allowed",
                    "use the template the model was published with");
        }
        this.source = source;
        this.variables = Map.copyOf(variables);
        this.name = name;
    }

    /** A template and the spellings of the tokens it may mention. */
    public static ChatTemplate of(String source, String bosToken, String eosToken) {
        return new ChatTemplate(source, "chat template", Map.of("bos_token", bosToken, "eos_token", eosToken));
    }

    /**
     * The template of a model's directory: {@code chat_template.jinja}, else the one in {@code tokenizer_config.json}; of several the one named
     * "default".
     *
     * @throws UserError where there is none
     */
    public static ChatTemplate load(Path directory) {
        return find(directory)
                .orElseThrow(() -> new UserError(
                        directory + ": the tokenizer has no chat template",
                        "use a chat model, or give a prompt without a conversation"));
    }

    /** The same, empty where there is none. */
    public static Optional<ChatTemplate> find(Path directory) {
        return find(directory, "default");
    }

    /** The template of this name, such as "tool_use", of a directory that has several. */
    public static Optional<ChatTemplate> find(Path directory, String name) {
        TokenizerConfig config = TokenizerConfig.ofDirectory(directory);
        Map<String, Object> variables = new HashMap<>();
        variables.put("bos_token", config.bosToken().orElse("<s>"));
        variables.put("eos_token", config.eosToken().orElse("</s>"));
        config.padToken().ifPresent(token -> variables.put("pad_token", token));
        Path file = directory.resolve(FILE_NAME);
        if (name.equals("default") && Files.exists(file)) {
            String source = new String(JsonFiles.bytes(file), StandardCharsets.UTF_8);
            return Optional.of(new ChatTemplate(source, file.toString(), variables));
        }
        String where = directory.resolve(TokenizerConfig.FILE_NAME).toString();
        return Optional.ofNullable(config.chatTemplates().get(name))
                .map(source -> new ChatTemplate(source, where, variables));
    }

    /**
     * One that is known by its name: {@code zephyr}, the style of TinyLlama-Chat 1.0, or {@code chatml}, that of versions 0.3 and later 0.x.
     *
     * @return empty where the name is none of these
     */
    public static Optional<ChatTemplate> named(String name, Tokenizer tokenizer) {
        return Optional.ofNullable(KNOWN.get(name))
                .map(source -> of(source, tokenizer.piece(tokenizer.bosId()), tokenizer.piece(tokenizer.eosId())));
    }

    /**
     * Makes this the template of a directory that holds a tokenizer's files: in {@code chat_template.jinja}, where libraries look today, and in
     * {@code tokenizer_config.json}, where older ones do.
     *
     * @throws UserError where that file is there and is damaged
     */
    public void save(Path directory) throws IOException {
        DurableFiles.write(directory.resolve(FILE_NAME), source);
        Path config = directory.resolve(TokenizerConfig.FILE_NAME);
        if (Files.exists(config)) {
            DurableFiles.write(config, TokenizerConfigWriter.withTemplate(config, source));
        }
    }

    /** The template's source. */
    public String source() {
        return source;
    }

    /**
     * The text of a conversation.
     *
     * @param addGenerationPrompt whether the text ends where the assistant is to speak
     * @throws UserError where the template is broken, refuses the conversation, or tries what a template must not
     */
    public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
        List<Map<String, Object>> list = new ArrayList<>();
        for (ChatMessage message : messages) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("role", Utf8.replaceLoneSurrogates(message.role()));
            map.put("content", Utf8.replaceLoneSurrogates(message.content()));
            list.add(map);
        }
        Map<String, @Nullable Object> bindings = new HashMap<>(variables);
        bindings.put("tools", null); // as transformers has them where there are none
        bindings.put("documents", null);
        bindings.put("messages", list);
        bindings.put("add_generation_prompt", addGenerationPrompt);
        return template().render(bindings);
    }

    /** The template, parsed when it is first needed; two threads may both do that, with the same result. */
    private JinjaTemplate template() {
        JinjaTemplate known = parsed;
        if (known == null) {
            known = JinjaTemplate.parse(name, source);
            parsed = known;
        }
        return known;
    }

    /** The text of a conversation, and where in it the messages' contents are. Arguments and errors as {@link #render}. */
    public RenderedChat rendered(List<ChatMessage> messages, boolean addGenerationPrompt) {
        String text = render(messages, addGenerationPrompt);
        ContentFinder finder = new ContentFinder(source, standIns -> render(standIns, addGenerationPrompt));
        return new RenderedChat(text, finder.find(text, messages));
    }

    /**
     * The ids of a conversation, without BOS in front. Special tokens of the template are control tokens; those that somebody typed into a
     * message stay plain text, so that nobody can end a turn by writing {@code </s>}.
     */
    public int[] encode(Tokenizer tokenizer, List<ChatMessage> messages, boolean addGenerationPrompt) {
        return rendered(messages, addGenerationPrompt).encode(tokenizer);
    }
}
