package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.TokenizerJson.Decoding;
import dev.cria.text.TokenizerJson.Metaspace;
import dev.cria.text.TokenizerJson.PiecePair;
import dev.cria.text.TokenizerJson.Prepend;
import dev.cria.text.TokenizerJson.PrependScheme;
import dev.cria.text.TokenizerJson.Replace;
import dev.cria.text.TokenizerJson.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/** Reads {@code tokenizer.json} of Hugging Face tokenizers: BPE in the layouts that the Llama family uses. The rest is refused by name. */
final class TokenizerJsonReader {
    private final Path file;

    private TokenizerJsonReader(Path file) {
        this.file = file;
    }

    /**
     * Reads a file's contents.
     *
     * @throws dev.cria.base.MalformedFileException where the bytes are no tokenizer.json
     * @throws UserError where it asks for something that is not implemented
     */
    static TokenizerJson read(Path file, byte[] bytes) {
        return new TokenizerJsonReader(file).parse(JsonFiles.parseObject(file, bytes));
    }

    private TokenizerJson parse(JsonNode root) {
        JsonNode model = root.path("model");
        if (!model.isObject()) {
            throw JsonFiles.malformed(file, "it has no model");
        }
        JsonNode type = model.path("type");
        if (type.isString()
                ? !type.stringValue().equals("BPE")
                : !model.path("merges").isArray()) {
            throw refuse("a model of the type " + type);
        }
        refuseUnless(model.path("dropout").isNull() || model.path("dropout").asDouble(0) == 0, "dropout");
        refuseUnless(isNoText(model.path("continuing_subword_prefix")), "continuing_subword_prefix");
        refuseUnless(isNoText(model.path("end_of_word_suffix")), "end_of_word_suffix");
        refuseUnless(!JsonFiles.flag(file, model, "ignore_merges", false), "ignore_merges");
        return new TokenizerJson(
                vocabulary(model.path("vocab")),
                merges(model.path("merges")),
                addedTokens(root.path("added_tokens")),
                normalizers(root.path("normalizer")),
                metaspace(root.path("pre_tokenizer"), "pre_tokenizer"),
                new DecoderReader().read(root.path("decoder")),
                isNoText(model.path("unk_token"))
                        ? Optional.empty()
                        : Optional.of(JsonFiles.text(file, model, "unk_token")),
                JsonFiles.flag(file, model, "byte_fallback", false),
                JsonFiles.flag(file, model, "fuse_unk", false),
                bosId(root.path("post_processor")));
    }

    private static boolean isNoText(JsonNode node) {
        return node.isMissingNode()
                || node.isNull()
                || (node.isString() && node.stringValue().isEmpty());
    }

    private Map<String, Integer> vocabulary(JsonNode node) {
        if (!node.isObject() || node.isEmpty()) {
            throw JsonFiles.malformed(file, "model.vocab is not a table of pieces");
        }
        Map<String, Integer> vocabulary = new LinkedHashMap<>(2 * node.size());
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (!entry.getValue().isInt() || entry.getValue().intValue() < 0) {
                throw JsonFiles.malformed(
                        file, "the id of the piece \"" + entry.getKey() + "\" is no whole number from 0 on");
            }
            vocabulary.put(entry.getKey(), entry.getValue().intValue());
        }
        return vocabulary;
    }

    private List<PiecePair> merges(JsonNode node) {
        if (!node.isArray()) {
            throw JsonFiles.malformed(file, "model.merges is not a list");
        }
        List<PiecePair> merges = new ArrayList<>(node.size());
        for (JsonNode entry : node) {
            if (entry.isString()) {
                String pair = entry.stringValue();
                int space = pair.indexOf(' ');
                if (space < 0 || pair.indexOf(' ', space + 1) >= 0) {
                    throw JsonFiles.malformed(
                            file, "merge " + merges.size() + " is not two pieces with a space between");
                }
                merges.add(new PiecePair(pair.substring(0, space), pair.substring(space + 1)));
            } else if (entry.isArray()
                    && entry.size() == 2
                    && entry.get(0).isString()
                    && entry.get(1).isString()) {
                merges.add(
                        new PiecePair(entry.get(0).stringValue(), entry.get(1).stringValue()));
            } else {
                throw JsonFiles.malformed(file, "merge " + merges.size() + " is not a pair of pieces");
            }
        }
        return merges;
    }

    private List<AddedToken> addedTokens(JsonNode node) {
        List<AddedToken> tokens = new ArrayList<>();
        for (JsonNode entry : node) {
            if (!entry.path("id").isInt()) {
                throw JsonFiles.malformed(file, "an added token has no id");
            }
            tokens.add(JsonFiles.addedToken(
                    file, "added_tokens", entry, entry.path("id").intValue()));
        }
        return tokens;
    }

    private List<Step> normalizers(JsonNode node) {
        List<Step> steps = new ArrayList<>();
        if (node.isMissingNode() || node.isNull()) {
            return steps;
        }
        switch (type(node)) {
            case "Sequence" -> node.path("normalizers").forEach(step -> steps.addAll(normalizers(step)));
            case "Prepend" -> steps.add(new Prepend(JsonFiles.text(file, node, "prepend")));
            case "Replace" -> steps.add(replace(node));
            default -> throw refuse("the normaliser " + type(node));
        }
        return steps;
    }

    private Replace replace(JsonNode node) {
        JsonNode pattern = node.path("pattern");
        if (!pattern.path("String").isString()) {
            throw refuse("Replace with a pattern that is not a plain text");
        }
        String text = JsonFiles.text(file, pattern, "String");
        refuseUnless(!text.isEmpty(), "Replace with an empty pattern");
        return new Replace(text, JsonFiles.text(file, node, "content"));
    }

    private Optional<Metaspace> metaspace(JsonNode node, String where) {
        if (node.isMissingNode() || node.isNull()) {
            return Optional.empty();
        }
        if (type(node).equals("Sequence") && node.path("pretokenizers").size() == 1) {
            return metaspace(node.path("pretokenizers").get(0), where);
        }
        refuseUnless(type(node).equals("Metaspace"), "the " + where + " " + type(node));
        String mark = JsonFiles.text(file, node, "replacement");
        refuseUnless(mark.length() == 1, "Metaspace with the replacement \"" + mark + "\"");
        boolean prefix = JsonFiles.flag(file, node, "add_prefix_space", true);
        String scheme = node.path("prepend_scheme").isString()
                ? node.path("prepend_scheme").stringValue()
                : prefix ? "always" : "never";
        PrependScheme prepend = switch (scheme) {
            case "first" -> PrependScheme.FIRST;
            case "always" -> PrependScheme.ALWAYS;
            case "never" -> PrependScheme.NEVER;
            default -> throw refuse("Metaspace with the prepend_scheme \"" + scheme + "\"");
        };
        return Optional.of(new Metaspace(mark.charAt(0), prepend, JsonFiles.flag(file, node, "split", true)));
    }

    /** The post-processor matters only for the token it puts in front. */
    private OptionalInt bosId(JsonNode node) {
        if (node.isMissingNode() || node.isNull()) {
            return OptionalInt.empty();
        }
        switch (type(node)) {
            case "TemplateProcessing" -> {
                JsonNode first = node.path("single").path(0).path("SpecialToken");
                if (!first.isObject()) {
                    return OptionalInt.empty();
                }
                JsonNode id = node.path("special_tokens")
                        .path(JsonFiles.text(file, first, "id"))
                        .path("ids")
                        .path(0);
                if (!id.isInt()) {
                    throw JsonFiles.malformed(file, "the post_processor names a token without an id");
                }
                return OptionalInt.of(id.intValue());
            }
            case "Sequence" -> {
                OptionalInt found = OptionalInt.empty();
                for (JsonNode step : node.path("processors")) {
                    OptionalInt id = bosId(step);
                    found = id.isPresent() ? id : found;
                }
                return found;
            }
            default -> throw refuse("the post_processor " + type(node));
        }
    }

    private String type(JsonNode node) {
        return JsonFiles.text(file, node, "type");
    }

    private void refuseUnless(boolean known, String what) {
        if (!known) {
            throw refuse(what);
        }
    }

    private UserError refuse(String what) {
        return new UserError(
                file + ": the tokenizer asks for " + what + ", which Cria does not do",
                "use the tokenizer.model of the same model, if there is one");
    }

    /** Reads the decoder: Replace steps, ByteFallback, Fuse, Strip in this order, or Metaspace. */
    private final class DecoderReader {
        private final List<Replace> replacements = new ArrayList<>();
        private Optional<Metaspace> dropMark = Optional.empty();
        private boolean byteFallback;
        private boolean fused;
        private char stripped = ' ';
        private int strip;

        Decoding read(JsonNode node) {
            if (node.isMissingNode() || node.isNull()) {
                throw refuse("no decoder (pieces with spaces between)");
            }
            step(node);
            return new Decoding(List.copyOf(replacements), dropMark, byteFallback, stripped, strip);
        }

        private void step(JsonNode node) {
            String type = type(node);
            switch (type) {
                case "Sequence" -> node.path("decoders").forEach(this::step);
                case "Replace" -> {
                    inOrder(!byteFallback && !fused, type);
                    replacements.add(replace(node));
                }
                case "Metaspace" -> {
                    inOrder(replacements.isEmpty() && dropMark.isEmpty() && !byteFallback && !fused, type);
                    dropMark = metaspace(node, "decoder");
                }
                case "ByteFallback" -> {
                    inOrder(!byteFallback && !fused, type);
                    byteFallback = true;
                }
                case "Fuse" -> fused = true;
                case "Strip" -> {
                    inOrder(fused && strip == 0, type);
                    String content = JsonFiles.text(file, node, "content");
                    refuseUnless(
                            content.length() == 1 && node.path("stop").asInt(0) == 0,
                            "a decoder that strips the end of a text");
                    stripped = content.charAt(0);
                    strip = Math.max(0, node.path("start").asInt(0));
                }
                default -> throw refuse("the decoder " + type);
            }
        }

        private void inOrder(boolean known, String type) {
            refuseUnless(known, "a decoder with " + type + " in an unusual place");
        }
    }
}
