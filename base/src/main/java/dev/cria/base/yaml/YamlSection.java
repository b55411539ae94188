package dev.cria.base.yaml;

import dev.cria.base.Suggestion;
import dev.cria.base.UserError;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One section of a YAML document while it is read. Each getter names a key, checks the value and remembers that the key is known; {@link #finish}
 * refuses what nobody asked for. Numbers may carry {@code K M B T} for thousands to trillions, and underscores.
 */
public final class YamlSection {
    /** Digits and exponent are bounded: printing a BigDecimal of 1e999999999 in full would take all memory. */
    private static final Pattern NUMBER =
            Pattern.compile("[-+]?([0-9]{1,18}(\\.[0-9]{0,30})?|\\.[0-9]{1,30})([eE][-+]?[0-9]{1,2})?");

    private final YamlTree tree;
    private final ObjectNode node;
    private final String path;
    private final TreeSet<String> known = new TreeSet<>();

    YamlSection(YamlTree tree, ObjectNode node, String path) {
        this.tree = tree;
        this.node = node;
        this.path = path;
    }

    /** The section under {@code key}; an empty one where it is absent. */
    public YamlSection section(String key) {
        Optional<JsonNode> value = get(key);
        if (value.isEmpty()) {
            return new YamlSection(tree, JsonNodeFactory.instance.objectNode(), path(key));
        }
        if (value.get() instanceof ObjectNode object) {
            return new YamlSection(tree, object, path(key));
        }
        throw refuse(key, "must be a section of keys", "indent its keys below it");
    }

    /** The sections of the list under {@code key}; none where it is absent. */
    public List<YamlSection> sections(String key) {
        Optional<JsonNode> value = get(key);
        if (value.isEmpty()) {
            return List.of();
        }
        if (!value.get().isArray()) {
            throw refuse(key, "must be a list", "begin each entry with a dash, or write [{key: value}]");
        }
        List<YamlSection> sections = new ArrayList<>();
        for (int i = 0; i < value.get().size(); i++) {
            if (!(value.get().get(i) instanceof ObjectNode object)) {
                throw refuse(key + "." + i, "must be a section of keys", "write it as '- key: value'");
            }
            sections.add(new YamlSection(tree, object, path(key) + "." + i));
        }
        return sections;
    }

    public boolean has(String key) {
        return get(key).isPresent();
    }

    public Optional<String> text(String key) {
        return get(key).map(value -> {
            if (value.isContainer() || value.asString().isBlank()) {
                throw refuse(
                        key, "must be one value, not " + (value.isContainer() ? "a section or list" : "empty"), "");
            }
            return value.asString().strip();
        });
    }

    /** The text as it stands, with the spaces around it; it may be empty. */
    public Optional<String> exactText(String key) {
        return get(key).map(value -> {
            if (value.isContainer()) {
                throw refuse(key, "must be one value, not a section or list", "");
            }
            return value.asString();
        });
    }

    /** The texts of the list under {@code key}, as they stand; none where it is absent. */
    public List<String> exactTexts(String key) {
        Optional<JsonNode> value = get(key);
        if (value.isEmpty()) {
            return List.of();
        }
        if (!value.get().isArray()) {
            throw refuse(key, "must be a list", "begin each entry with a dash, or write [a, b]");
        }
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < value.get().size(); i++) {
            JsonNode item = value.get().get(i);
            if (item.isContainer() || item.isNull()) {
                throw refuse(key + "." + i, "must be one value", "");
            }
            texts.add(item.asString());
        }
        return texts;
    }

    /** The keys that stand here, in order. */
    public List<String> keys() {
        return List.copyOf(node.propertyNames());
    }

    /** Whether the value under {@code key} is a list. */
    public boolean isList(String key) {
        return get(key).map(JsonNode::isArray).orElse(false);
    }

    /** Whether the value under {@code key} is a section. */
    public boolean isSection(String key) {
        return get(key).map(JsonNode::isObject).orElse(false);
    }

    /** Where a key stands: file and line. */
    public String where(String key) {
        return tree.where(path(key));
    }

    /** The error for a key that is missing. */
    public UserError missing(String key) {
        String where = path.isEmpty() ? tree.name() : tree.where(path);
        return new UserError(where + ": " + path(key) + " is missing", "");
    }

    public String text(String key, String otherwise) {
        return text(key).orElse(otherwise);
    }

    public Optional<Long> whole(String key, long minimum, long maximum) {
        return decimal(key).map(value -> {
            if (value.stripTrailingZeros().scale() > 0) {
                throw refuse(key, "is " + value.toPlainString() + ", which is no whole number", "");
            }
            if (value.compareTo(BigDecimal.valueOf(minimum)) < 0 || value.compareTo(BigDecimal.valueOf(maximum)) > 0) {
                throw refuse(
                        key,
                        "is " + value.toPlainString() + ", out of range",
                        "allowed: " + minimum + " to " + maximum);
            }
            return value.longValueExact();
        });
    }

    public long whole(String key, long otherwise, long minimum, long maximum) {
        return whole(key, minimum, maximum).orElse(otherwise);
    }

    public int integer(String key, int otherwise, int minimum, int maximum) {
        return Math.toIntExact(whole(key, otherwise, minimum, maximum));
    }

    public Optional<Integer> integer(String key, int minimum, int maximum) {
        return whole(key, minimum, maximum).map(Math::toIntExact);
    }

    public Optional<Double> number(String key, double minimum, double maximum) {
        return decimal(key).map(decimal -> {
            double value = decimal.doubleValue();
            if (!(value >= minimum && value <= maximum)) {
                throw refuse(key, "is " + value + ", out of range", "allowed: " + minimum + " to " + maximum);
            }
            return value;
        });
    }

    public double number(String key, double otherwise, double minimum, double maximum) {
        return number(key, minimum, maximum).orElse(otherwise);
    }

    public Optional<Boolean> flag(String key) {
        return text(key).map(value -> switch (value.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw refuse(key, "is '" + value + "'", "allowed: true, false");
        });
    }

    public boolean flag(String key, boolean otherwise) {
        return flag(key).orElse(otherwise);
    }

    public <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
        Optional<String> value = text(key);
        if (value.isEmpty()) {
            return otherwise;
        }
        List<String> names = Arrays.stream(type.getEnumConstants())
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .toList();
        String wanted = value.get().toLowerCase(Locale.ROOT).replace('-', '_');
        if (!names.contains(wanted)) {
            throw refuse(
                    key,
                    "is '" + value.get() + "'",
                    Suggestion.of(wanted, names).orElse("") + "allowed: " + String.join(", ", names));
        }
        return Enum.valueOf(type, wanted.toUpperCase(Locale.ROOT));
    }

    /** Refuses keys that no getter asked for. */
    public void finish() {
        for (String key : node.propertyNames()) {
            if (!known.contains(key)) {
                throw new UserError(
                        tree.where(path(key)) + ": unknown key " + path(key),
                        Suggestion.of(key, known).orElse("")
                                + known.stream().collect(Collectors.joining(", ", "keys here: ", "")));
            }
        }
    }

    /** The error for a value of this section: where, the key, what is wrong. */
    public UserError refuse(String key, String what, String hint) {
        return new UserError(tree.where(path(key)) + ": " + path(key) + " " + what, hint);
    }

    private Optional<BigDecimal> decimal(String key) {
        return text(key).map(value -> {
            String text = value.replace("_", "");
            int power = text.isEmpty()
                    ? 0
                    : switch (text.charAt(text.length() - 1)) {
                        case 'K' -> 3;
                        case 'M' -> 6;
                        case 'B' -> 9;
                        case 'T' -> 12;
                        default -> 0;
                    };
            String digits = power == 0 ? text : text.substring(0, text.length() - 1);
            if (!NUMBER.matcher(digits).matches()) {
                throw refuse(key, "is '" + value + "', which is no number", "");
            }
            return new BigDecimal(digits).scaleByPowerOfTen(power);
        });
    }

    private Optional<JsonNode> get(String key) {
        known.add(key);
        return Optional.ofNullable(node.get(key)).filter(value -> !value.isNull());
    }

    private String path(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
