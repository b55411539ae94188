package dev.cria.cuda.compile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameters of a kernel as its source declares them, so that a launch with other arguments is refused before the GPU reads what is not
 * there. Kernels are written {@code KERNEL name(parameters)}.
 */
public final class KernelSignature {
    /** What a parameter is, as far as its size and register go. */
    public enum Kind {
        POINTER,
        INT32,
        INT64,
        FLOAT32,
        FLOAT64
    }

    private static final Pattern COMMENT = Pattern.compile("//[^\\n]*|/\\*.*?\\*/", Pattern.DOTALL);
    private static final Pattern DECLARATION = Pattern.compile(
            "\\bKERNEL\\s+(?:__launch_bounds__\\s*\\([^)]*\\)\\s*)?(\\w+)\\s*\\(([^)]*)\\)", Pattern.DOTALL);

    private final String name;
    private final Kind[] parameters;

    private KernelSignature(String name, Kind[] parameters) {
        this.name = name;
        this.parameters = parameters;
    }

    /** All kernels of a source, by name. */
    public static Map<String, KernelSignature> parse(String source) {
        Map<String, KernelSignature> kernels = new HashMap<>();
        Matcher matcher = DECLARATION.matcher(COMMENT.matcher(source).replaceAll(" "));
        while (matcher.find()) {
            kernels.put(matcher.group(1), new KernelSignature(matcher.group(1), kinds(matcher.group(2))));
        }
        return Map.copyOf(kernels);
    }

    private static Kind[] kinds(String parameters) {
        List<Kind> kinds = new ArrayList<>();
        if (!parameters.isBlank()) {
            for (String parameter : parameters.split(",", -1)) {
                kinds.add(kind(parameter.strip()));
            }
        }
        return kinds.toArray(Kind[]::new);
    }

    private static Kind kind(String parameter) {
        if (parameter.contains("*")) {
            return Kind.POINTER;
        }
        String type =
                parameter.replaceAll("\\bconst\\b", "").replaceAll("\\w+$", "").strip();
        return switch (type.replaceAll("\\s+", " ")) {
            case "int", "unsigned", "unsigned int" -> Kind.INT32;
            case "long long", "unsigned long long", "long long int" -> Kind.INT64;
            case "float" -> Kind.FLOAT32;
            case "double" -> Kind.FLOAT64;
            default -> throw new IllegalStateException("a kernel's parameter is '" + parameter + "'");
        };
    }

    public String name() {
        return name;
    }

    /** Number of parameters. */
    public int count() {
        return parameters.length;
    }

    /** @throws IllegalArgumentException if argument {@code index} is not of this kind */
    public void require(int index, Kind kind) {
        if (index >= parameters.length || parameters[index] != kind) {
            throw new IllegalArgumentException("argument " + index + " of kernel " + name + " is given as " + kind
                    + ", declared "
                    + (index < parameters.length ? parameters[index] : "are " + parameters.length + " parameters"));
        }
    }

    /** @throws IllegalArgumentException unless exactly so many arguments were given */
    public void requireCount(int count) {
        if (count != parameters.length) {
            throw new IllegalArgumentException(
                    "kernel " + name + " has " + parameters.length + " parameters, given are " + count);
        }
    }
}
