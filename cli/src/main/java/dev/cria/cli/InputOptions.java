package dev.cria.cli;

import dev.cria.data.InputFormat;
import dev.cria.data.ReadOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which texts are read, and how. */
final class InputOptions {
    @Option(
            names = "--input",
            paramLabel = "PATH",
            required = true,
            arity = "1..*",
            description = {
                "Files, folders (with all that is in them), zip or jar archives, or - for stdin: plain text, .jsonl, .parquet, also packed as .gz or .zst."
            })
    private List<Path> inputs;

    @Option(
            names = "--input-format",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "text, jsonl, parquet or zip, where the names do not tell (default: ${DEFAULT-VALUE}).")
    private String format;

    @Option(
            names = "--text-field",
            paramLabel = "NAME",
            defaultValue = "text",
            description = "Field of a JSON line or Parquet column that holds the text (default: ${DEFAULT-VALUE}).")
    private String textField;

    @Option(
            names = "--include",
            paramLabel = "GLOB",
            description = "Of folders and archives, read only files that match, such as '**/*.java'; may be repeated.")
    private List<String> include = new ArrayList<>();

    @Option(
            names = "--exclude",
            paramLabel = "GLOB",
            description = "Of folders and archives, leave out files that match; may be repeated.")
    private List<String> exclude = new ArrayList<>();

    @Option(names = "--skip-damaged", description = "Skip and count damaged lines, entries and files.")
    private boolean skipDamaged;

    List<Path> inputs() {
        return inputs;
    }

    ReadOptions read() {
        return ReadOptions.defaults()
                .withFormat(InputFormat.parse(format))
                .withTextField(textField)
                .withGlobs(include, exclude)
                .withSkipDamaged(skipDamaged);
    }
}
