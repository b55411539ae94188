package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.inspect.Inspector;
import dev.cria.cli.terminal.Console;
import dev.cria.data.Manifest;
import dev.cria.data.TokenDataset;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cria data inspect}: what is in a data set, as text again. */
@Command(
        name = "inspect",
        header = "Show what is in a data set: its figures, and documents as text again.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria data inspect data/books --documents 3",
            "  cria data inspect data/books --split validation --first 10 --documents 1 --ids --json",
            "  cria data inspect data/books --verify"
        })
final class DataInspectCommand implements Callable<Integer> {
    /** Of longer documents, the beginning is shown. */
    private static final int SHOWN_TOKENS = 2000;

    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Parameters(paramLabel = "DIR", description = "The data set's folder.")
    private Path directory;

    @Option(
            names = "--split",
            paramLabel = "NAME",
            defaultValue = Manifest.TRAIN,
            description = "train or validation (default: ${DEFAULT-VALUE}).")
    private String split;

    @Option(
            names = "--documents",
            paramLabel = "N",
            defaultValue = "1",
            description = "Documents to show (default: ${DEFAULT-VALUE}).")
    private long documents;

    @Option(
            names = "--first",
            paramLabel = "K",
            defaultValue = "0",
            description = "Number of the first document to show, from 0 (default: ${DEFAULT-VALUE}).")
    private long first;

    @Option(names = "--ids", description = "Show ids beside the text.")
    private boolean ids;

    @Option(
            names = "--tokenizer",
            paramLabel = "DIR_OR_FILE",
            description = "The tokenizer, where the data set has no copy of it.")
    private Optional<Path> tokenizer;

    @Option(names = "--verify", description = "Hold every byte against the checksums first.")
    private boolean verify;

    @Option(names = "--json", description = "Print one JSON object a line: the figures, then each document.")
    private boolean json;

    DataInspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        try (TokenDataset dataset = TokenDataset.open(directory, split)) {
            requireFirst(dataset);
            if (verify) {
                dataset.verify();
            }
            Map<String, Object> figures = new LinkedHashMap<>();
            if (dataset.manifest().isPresent()) {
                figures.putAll(Inspector.inspect(directory).facts());
            }
            figures.put("split", split);
            figures.put("split_tokens", dataset.tokens());
            figures.put("split_documents", dataset.documents());
            if (verify) {
                figures.put("verified", true);
            }
            print(figures);
            show(dataset);
        }
        return 0;
    }

    private void requireFirst(TokenDataset dataset) {
        if (dataset.documents() > 0 && (first < 0 || first >= dataset.documents())) {
            throw new UserError(
                    "--first is " + first + "; the split " + split + " of " + directory + " has documents 0 to "
                            + (dataset.documents() - 1),
                    "give one of these");
        }
    }

    private void print(Map<String, Object> figures) {
        if (json) {
            console.print(Json.line(figures));
        } else {
            figures.forEach((name, value) -> console.print(name.replace('_', ' ') + ": " + value));
        }
    }

    private void show(TokenDataset dataset) {
        if (documents < 1) {
            return;
        }
        Tokenizer loaded = Tokenizers.load(tokenizer.orElseGet(this::ownTokenizer));
        if (dataset.documents() == 0) {
            // lit-gpt's files know no documents: the first tokens of the stream.
            document(dataset, loaded, -1, 0, Math.min(dataset.tokens(), SHOWN_TOKENS));
            return;
        }
        long end = Math.min(dataset.documents(), first + documents);
        for (long d = first; d < end; d++) {
            document(dataset, loaded, d, dataset.documentStart(d), dataset.documentEnd(d));
        }
    }

    private Path ownTokenizer() {
        Path own = directory.resolve("tokenizer");
        if (!Files.isDirectory(own)) {
            throw new UserError(directory + " has no copy of its tokenizer", "name it by --tokenizer");
        }
        return own;
    }

    private void document(TokenDataset dataset, Tokenizer loaded, long number, long start, long end) {
        int length = (int) Math.min(end - start, SHOWN_TOKENS);
        int[] tokens = new int[length];
        dataset.read(start, tokens, 0, length);
        String text = loaded.decodeWithSpecial(tokens);
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("document", number);
            object.put("tokens", end - start);
            object.put("text", text);
            if (ids) {
                object.put("ids", tokens);
            }
            console.print(Json.line(object));
            return;
        }
        console.print("");
        console.print("--- document " + number + ": " + (end - start) + " tokens"
                + (length < end - start ? ", the first " + length + " of them" : ""));
        console.print(text);
        if (ids) {
            console.print(Arrays.toString(tokens));
        }
    }
}
