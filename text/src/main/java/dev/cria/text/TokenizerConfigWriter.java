package dev.cria.text;

import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes {@code tokenizer_config.json}: the special tokens and the chat template. */
final class TokenizerConfigWriter {
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
        chatTemplate.ifPresent(template -> root.put("chat_template", template));
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }
}
