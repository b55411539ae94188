package dev.cria.cli;

import dev.cria.cli.inspect.Description;
import dev.cria.cli.inspect.Inspector;
import dev.cria.cli.inspect.ModelPath;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Units;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cria info}: what a model, data set, checkpoint, tokenizer or recipe is. */
@Command(
        name = "info",
        header = "Say what a model, checkpoint, data set, tokenizer or recipe is.",
        footerHeading = "%nExamples:%n",
        footer = {"  cria info cria-quickstart/model", "  cria info --json recipes/tinyllama-1.1b.yaml"})
final class InfoCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Parameters(
            paramLabel = "PATH",
            description = "A folder or a file, or the name of a model that `cria pull` fetched.")
    private String path;

    @Option(names = "--json", description = "Print one JSON object instead of text.")
    private boolean json;

    InfoCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Description description = Inspector.inspect(ModelPath.locate(path));
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("kind", description.kind());
            object.put("path", path);
            object.putAll(description.facts());
            console.print(Json.line(object));
        } else {
            console.print(path + ": " + description.kind());
            description.facts().forEach((name, value) -> print("  ", readable(name), value));
        }
        return 0;
    }

    private void print(String indent, String label, Object value) {
        switch (value) {
            case Map<?, ?> nested -> {
                console.print(indent + label + ":");
                // Numbers in a map are of the map's kind.
                String kind = label.startsWith("bytes") ? " bytes" : "";
                nested.forEach((name, inner) -> {
                    if (inner instanceof Number number) {
                        console.print(indent + "  " + readable(name.toString()) + ": " + readable(name + kind, number));
                    } else {
                        print(indent + "  ", readable(name.toString()), inner);
                    }
                });
            }
            case List<?> list ->
                console.print(indent + label + ": "
                        + String.join(", ", list.stream().map(Object::toString).toList()));
            case String text
            when text.contains("\n") -> {
                console.print(indent + label + ":");
                text.lines().forEach(line -> console.print(indent + "  " + line));
            }
            case Number number -> console.print(indent + label + ": " + readable(label, number));
            default -> console.print(indent + label + ": " + value);
        }
    }

    /** A fact's name in words; names of tensors, types and metadata as they are. */
    private static String readable(String name) {
        return name.matches("[a-z0-9_]+") ? name.replace('_', ' ') : name;
    }

    private static String readable(String label, Number number) {
        if (label.endsWith("bytes")) {
            return number + " (" + Units.bytes(number.longValue()) + ")";
        }
        return number.doubleValue() >= 100_000
                ? (number instanceof Double ? "" : number + " (")
                        + Units.count(number.doubleValue())
                        + (number instanceof Double ? "" : ")")
                : number.toString();
    }
}
