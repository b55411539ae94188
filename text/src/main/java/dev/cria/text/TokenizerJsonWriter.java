package dev.cria.text;

import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes a SentencePiece model as {@code tokenizer.json}, in the layout that Llama 2's has. */
final class TokenizerJsonWriter {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String MARK = String.valueOf(BpeModel.SPACE_MARK);

    private TokenizerJsonWriter() {}

    static String write(SentencePieceModel model) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        Map<String, Integer> ids = new HashMap<>();
        ArrayNode added = root.putArray("added_tokens");
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            boolean special = piece.type() == Type.CONTROL || piece.type() == Type.UNKNOWN;
            if (special || piece.type() == Type.USER_DEFINED) {
                added.add(added(piece.text(), special).put("id", id));
            }
            ids.put(piece.text(), id);
        }
        normalizer(root, model.addDummyPrefix());
        root.putNull("pre_tokenizer");
        postProcessor(root, model.bosPiece(), ids.getOrDefault(model.bosPiece(), 0));
        decoder(root, model.addDummyPrefix());
        model(root.putObject("model"), model);
        return MAPPER.writeValueAsString(root) + "\n";
    }

    static ObjectNode added(String text, boolean special) {
        return MAPPER.createObjectNode()
                .put("content", text)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", special);
    }

    private static void normalizer(ObjectNode root, boolean prefix) {
        ArrayNode steps = root.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        if (prefix) {
            steps.addObject().put("type", "Prepend").put("prepend", MARK);
        }
        replace(steps.addObject(), " ", MARK);
    }

    private static void replace(ObjectNode step, String from, String to) {
        step.put("type", "Replace").putObject("pattern").put("String", from);
        step.put("content", to);
    }

    private static void postProcessor(ObjectNode root, String bos, int bosId) {
        ObjectNode processor = root.putObject("post_processor").put("type", "TemplateProcessing");
        for (String template : List.of("single", "pair")) {
            ArrayNode parts = processor.putArray(template);
            for (int i = 0; i < (template.equals("pair") ? 2 : 1); i++) {
                parts.addObject().putObject("SpecialToken").put("id", bos).put("type_id", i);
                parts.addObject()
                        .putObject("Sequence")
                        .put("id", i == 0 ? "A" : "B")
                        .put("type_id", i);
            }
        }
        ObjectNode token = processor.putObject("special_tokens").putObject(bos).put("id", bos);
        token.putArray("ids").add(bosId);
        token.putArray("tokens").add(bos);
    }

    private static void decoder(ObjectNode root, boolean prefix) {
        ArrayNode steps = root.putObject("decoder").put("type", "Sequence").putArray("decoders");
        replace(steps.addObject(), MARK, " ");
        steps.addObject().put("type", "ByteFallback");
        steps.addObject().put("type", "Fuse");
        if (prefix) {
            steps.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
        }
    }

    private static void model(ObjectNode node, SentencePieceModel model) {
        node.put("type", "BPE");
        node.putNull("dropout");
        model.pieces().stream()
                .filter(piece -> piece.type() == Type.UNKNOWN)
                .findFirst()
                .ifPresentOrElse(piece -> node.put("unk_token", piece.text()), () -> node.putNull("unk_token"));
        node.putNull("continuing_subword_prefix");
        node.putNull("end_of_word_suffix");
        node.put("fuse_unk", true);
        node.put("byte_fallback", model.byteFallback());
        node.put("ignore_merges", false);
        ObjectNode vocabulary = node.putObject("vocab");
        for (int id = 0; id < model.pieces().size(); id++) {
            vocabulary.put(model.pieces().get(id).text(), id);
        }
        ArrayNode list = node.putArray("merges");
        IntFunction<String> text = id -> model.pieces().get(id).text();
        for (Merge merge : merges(model)) {
            list.addArray().add(text.apply(merge.left())).add(text.apply(merge.right()));
        }
    }

    private static List<Merge> merges(SentencePieceModel model) {
        List<Merge> merges = new ArrayList<>();
        new SentencePieceBpe(
                        Path.of(Tokenizers.MODEL_FILE),
                        model,
                        new Vocabulary(model.pieces().stream().map(Piece::text).toList()))
                .build()
                .pairs()
                .forEach((left, right, rank, merged) -> merges.add(new Merge(left, right, rank, merged)));
        merges.sort(Merge.order(id -> model.pieces()
                .get(id)
                .text()
                .codePointCount(0, model.pieces().get(id).text().length())));
        return merges;
    }
}
