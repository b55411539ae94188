package dev.cria.cli.lesson;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A method as Java declares it, made up; what the lesson asks about.
 *
 * @param name of a verb and a noun
 * @param returns its type
 * @param parameters such as {@code int count}, none or more
 */
record Signature(String name, String returns, List<String> parameters) {
    private static final List<String> VERBS = List.of(
            "add", "append", "apply", "build", "check", "clear", "close", "compare", "copy", "count", "create",
            "delete", "encode", "fill", "find", "format", "get", "insert", "load", "map", "match", "merge", "move",
            "next", "open", "parse", "print", "put", "read", "remove", "replace", "reset", "resolve", "search", "set",
            "skip", "sort", "split", "start", "write");

    private static final List<String> NOUNS = List.of(
            "Array", "Buffer", "Bytes", "Cache", "Char", "Class", "Code", "Color", "Count", "Data", "Date", "Digit",
            "Element", "Entry", "Error", "Event", "Field", "File", "Format", "Header", "Index", "Input", "Item", "Key",
            "Length", "Line", "List", "Locale", "Map", "Message", "Method", "Name", "Node", "Number", "Object",
            "Offset", "Output", "Path", "Point", "Queue", "Range", "Request", "Row", "Set", "Size", "State", "Stream",
            "String", "Table", "Text", "Thread", "Time", "Token", "Type", "Value", "Zone");

    private static final List<String> TYPES =
            List.of("boolean", "byte", "char", "double", "float", "int", "long", "Object", "String");
    private static final List<String> ARGUMENTS =
            List.of("count", "index", "key", "length", "name", "offset", "text", "value");
    private static final int MOST_PARAMETERS = 3;

    Signature {
        parameters = List.copyOf(parameters);
    }

    /** Most methods that {@link #all} can make up. */
    static int most() {
        return VERBS.size() * NOUNS.size();
    }

    /** So many methods in an order that the seed decides, no two of one name. */
    static List<Signature> all(int count, long seed) {
        List<Signature> all = new ArrayList<>();
        Random random = new Random(seed);
        for (String verb : VERBS) {
            for (String noun : NOUNS) {
                String returns = random.nextInt(TYPES.size() + 1) == 0 ? "void" : pick(TYPES, random);
                all.add(new Signature(verb + noun, returns, parameters(random)));
            }
        }
        Collections.shuffle(all, random);
        return List.copyOf(all.subList(0, count));
    }

    private static List<String> parameters(Random random) {
        List<String> names = new ArrayList<>(ARGUMENTS);
        Collections.shuffle(names, random);
        return names.subList(0, random.nextInt(MOST_PARAMETERS + 1)).stream()
                .map(name -> pick(TYPES, random) + " " + name)
                .toList();
    }

    static <T> T pick(List<T> from, Random random) {
        return from.get(random.nextInt(from.size()));
    }

    /** The declaration. */
    String java() {
        return returns + " " + name + "(" + String.join(", ", parameters) + ")";
    }

    /** The format that is taught: {@code name=indexOf; returns=int; takes=2}. */
    String card() {
        return "name=" + name + "; returns=" + returns + "; takes=" + parameters.size();
    }
}
