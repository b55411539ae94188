package dev.cria.text;

import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes {@code tokenizer_config.json}: the special tokens and the chat template. */
final class TokenizerConfigWriter {
    private static final String TEMPLATE = "chat_template";
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private TokenizerConfigWriter() {}

    static String write(SentencePieceTokenizer tokenizer, Optional<String> chatTemplate) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("add_bos_token", tokenizer.addsBos());
        root.put("add_eos_token", tokenizer.addsEos());
        ObjectNode decoder = root.putObject("added_tokens_decoder");
        for (int id = 0; id < tokenizer.vocabularySize(); id++) {
            switch (tokenizer.type(id)) {
                case CONTROL, USER_DEFINED ->
                    decoder.set(
                            String.valueOf(id),
                            TokenizerJsonWriter.added(tokenizer.piece(id), tokenizer.isSpecial(id)));
                case UNKNOWN -> {
                    decoder.set(String.valueOf(id), TokenizerJsonWriter.added(tokenizer.piece(id), true));
                    root.put("unk_token", tokenizer.piece(id));
                }
                case NORMAL, UNUSED, BYTE -> {}
            }
        }
        root.put("bos_token", tokenizer.piece(tokenizer.bosId()));
        root.put("eos_token", tokenizer.piece(tokenizer.eosId()));
        root.put("pad_token", tokenizer.piece(tokenizer.padId().orElse(tokenizer.eosId())));
        root.put("padding_side", "right");
        root.put("clean_up_tokenization_spaces", false);
        root.put("legacy", false);
        root.put("tokenizer_class", "LlamaTokenizer");
        chatTemplate.ifPresent(template -> root.put(TEMPLATE, template));
        return pretty(root);
    }

    /** A file with its default template replaced; templates of other names stay. */
    static String withTemplate(Path file, String source) {
        ObjectNode root = (ObjectNode) JsonFiles.readObject(file);
        if (root.path(TEMPLATE) instanceof ArrayNode named) {
            named.removeIf(each -> each.path("name").asString("").equals("default"));
            named.addObject().put("name", "default").put("template", source);
        } else {
            root.put(TEMPLATE, source);
        }
        return pretty(root);
    }

    private static String pretty(ObjectNode root) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }
}
