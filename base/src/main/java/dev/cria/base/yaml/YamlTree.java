package dev.cria.base.yaml;

import dev.cria.base.UserError;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A YAML document as it was written: a tree, and where each key stands. Jackson's own tree forgets lines, and a message without
 * a line is of little use in a long file, so this reads the parser's tokens.
 */
public final class YamlTree {
    /** Line number that marks a key set on the command line. */
    private static final int OVERRIDE = -1;

    private static final YAMLMapper YAML = YAMLMapper.builder(YAMLFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final String name;
    private final ObjectNode root;
    private final Map<String, Integer> lines = new HashMap<>();

    /**
     * @param text YAML
     * @param name what messages call it: the file's path
     * @param kind what the document is, such as "a recipe"
     * @param shape the hint where it is no mapping: where to see one
     * @throws UserError if this is no YAML mapping
     */
    public YamlTree(String text, String name, String kind, String shape) {
        this.name = name;
        JsonNode node;
        try (JsonParser parser = YAML.createParser(text)) {
            JsonToken first = parser.nextToken();
            node = first == null ? NODES.objectNode() : read(parser, "");
            if (first != null && parser.nextToken() != null) {
                throw new UserError(
                        name + " line " + parser.currentTokenLocation().getLineNr() + ": a second YAML document",
                        kind + " is one document; remove the --- line");
            }
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? -1 : e.getLocation().getLineNr();
            throw new UserError(
                    name + (line > 0 ? " line " + line : "") + ": not readable as YAML: "
                            + firstLine(e.getOriginalMessage()),
                    "check indentation and quotes there",
                    e);
        }
        if (!(node instanceof ObjectNode object)) {
            throw new UserError(name + ": " + kind + " is a mapping of sections", shape);
        }
        this.root = object;
    }

    private YamlTree(String name, ObjectNode root, Map<String, Integer> lines) {
        this.name = name;
        this.root = root;
        this.lines.putAll(lines);
    }

    /** The whole document. */
    public YamlSection section() {
        return new YamlSection(this, root, "");
    }

    /** What messages call the document. */
    public String name() {
        return name;
    }

    /** A copy in which <code>${word}</code>, in any key or value, stands for what {@code words} says. */
    public YamlTree substitute(Map<String, String> words) {
        return new YamlTree(name, (ObjectNode) substitute(root, words), lines);
    }

    private static JsonNode substitute(JsonNode node, Map<String, String> words) {
        if (node instanceof ObjectNode object) {
            ObjectNode copy = NODES.objectNode();
            object.properties()
                    .forEach(entry -> copy.set(substitute(entry.getKey(), words), substitute(entry.getValue(), words)));
            return copy;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode copy = NODES.arrayNode();
            array.forEach(item -> copy.add(substitute(item, words)));
            return copy;
        }
        if (!node.isString()) {
            return node;
        }
        return NODES.stringNode(substitute(node.asString(), words));
    }

    private static String substitute(String text, Map<String, String> words) {
        String result = text;
        for (Map.Entry<String, String> word : words.entrySet()) {
            result = result.replace("${" + word.getKey() + "}", word.getValue());
        }
        return result;
    }

    /** Where a key stands, for messages: the file and line, or the option that set it. */
    public String where(String path) {
        String at = path;
        while (true) {
            Integer line = lines.get(at);
            if (line != null) {
                return line == OVERRIDE ? "--set" : name + " line " + line;
            }
            int dot = at.lastIndexOf('.');
            if (dot < 0) {
                return name;
            }
            at = at.substring(0, dot);
        }
    }

    /**
     * Applies {@code key.path=value} settings in order; the value is YAML, so lists and mappings can be given in brackets.
     *
     * @throws UserError if a setting has no {@code =}, or walks through something that is no section
     */
    public YamlTree override(List<String> settings) {
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            if (equals <= 0) {
                throw new UserError(
                        "--set " + setting + ": expected key.path=value", "for example --set training.micro_batch=4");
            }
            String path = setting.substring(0, equals).strip();
            set(path, parseValue(setting, setting.substring(equals + 1)));
            lines.put(path, OVERRIDE);
            for (int dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
                lines.putIfAbsent(path.substring(0, dot), OVERRIDE);
            }
        }
        return this;
    }

    private static JsonNode parseValue(String setting, String value) {
        try {
            JsonNode node = YAML.readTree(value);
            return node == null || node.isMissingNode() ? NODES.nullNode() : node;
        } catch (JacksonException e) {
            throw new UserError("--set " + setting + ": the value is not readable as YAML", "quote it", e);
        }
    }

    private void set(String path, JsonNode value) {
        String[] keys = path.split("\\.", -1);
        JsonNode at = root;
        for (int i = 0; i < keys.length; i++) {
            boolean last = i == keys.length - 1;
            if (at instanceof ObjectNode object) {
                if (last) {
                    object.set(keys[i], value);
                    return;
                }
                JsonNode next = object.get(keys[i]);
                at = next == null || next.isNull() ? object.putObject(keys[i]) : next;
            } else if (at instanceof ArrayNode array && isIndexOf(array, keys[i])) {
                int index = Integer.parseInt(keys[i]);
                if (last) {
                    array.set(index, value);
                    return;
                }
                at = array.get(index);
            } else {
                String so = String.join(".", List.of(keys).subList(0, i));
                throw new UserError(
                        "--set " + path + ": " + so + " has no entry " + keys[i],
                        at.isArray()
                                ? "entries are counted from 0; there are " + at.size()
                                : so + " is a value, not a section");
            }
        }
    }

    private static boolean isIndexOf(ArrayNode array, String key) {
        return key.matches("[0-9]{1,6}") && Integer.parseInt(key) < array.size();
    }

    private JsonNode read(JsonParser parser, String path) {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                ObjectNode object = NODES.objectNode();
                while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                    String key = parser.currentName();
                    String child = path.isEmpty() ? key : path + "." + key;
                    lines.put(child, parser.currentTokenLocation().getLineNr());
                    parser.nextToken();
                    object.set(key, read(parser, child));
                }
                yield object;
            }
            case START_ARRAY -> {
                ArrayNode array = NODES.arrayNode();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    String child = path + "." + array.size();
                    lines.put(child, parser.currentTokenLocation().getLineNr());
                    array.add(read(parser, child));
                }
                yield array;
            }
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            default -> NODES.stringNode(parser.getString());
        };
    }

    private static String firstLine(String message) {
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
