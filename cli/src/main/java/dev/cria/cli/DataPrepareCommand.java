package dev.cria.cli;

import dev.cria.cli.jobs.Preparation;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Units;
import dev.cria.data.Manifest;
import dev.cria.data.PrepareOptions;
import dev.cria.data.PrepareResult;
import dev.cria.data.Separators;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria data prepare}: text to shards of tokens. */
@Command(
        name = "prepare",
        header = "Turn text into checksummed shards of tokens, with a manifest.",
        description = {
            "Reads documents, leaves out exact duplicates, splits them into train and validation by document, and writes their tokens. The result does not depend on the number of threads."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria data prepare --input books/ --tokenizer my-tokenizer --output data/books",
            "  cria data prepare --input a.jsonl.zst b.parquet --tokenizer t --output data/web --validation 0.005"
        })
final class DataPrepareCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private InputOptions input = new InputOptions();

    @Mixin
    private TokenizerOption tokenizer = new TokenizerOption();

    @Option(names = "--output", paramLabel = "DIR", required = true, description = "The folder to write.")
    private Path output;

    @Option(names = "--overwrite", description = "Replace a data set that is there already.")
    private boolean overwrite;

    @Option(
            names = "--separators",
            paramLabel = "NAME",
            defaultValue = "both",
            description = "Control tokens around each document: none, bos, eos or both (default: ${DEFAULT-VALUE}).")
    private String separators;

    @Option(
            names = "--validation",
            paramLabel = "SHARE",
            defaultValue = "0.01",
            description = "Share of the documents held out (default: ${DEFAULT-VALUE}).")
    private double validation;

    @Option(
            names = "--split-seed",
            paramLabel = "S",
            defaultValue = "1",
            description = "Decides which documents are held out (default: ${DEFAULT-VALUE}).")
    private long splitSeed;

    @Option(names = "--keep-duplicates", description = "Keep documents that equal an earlier one.")
    private boolean keepDuplicates;

    @Option(names = "--shard-tokens", paramLabel = "N", description = "Tokens in a full shard (default: 100 million).")
    private Optional<Long> shardTokens;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to tokenise on (default: all processors).")
    private Optional<Integer> threads;

    @Option(names = "--json", description = "When done, print the manifest's figures as one JSON object.")
    private boolean json;

    DataPrepareCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        PrepareOptions options = PrepareOptions.of(input.inputs(), tokenizer.path(), output)
                .withRead(input.read())
                .withOverwrite(overwrite)
                .withSeparators(Separators.parse(separators))
                .withValidation(validation, splitSeed)
                .withDeduplication(!keepDuplicates, PrepareOptions.DEFAULT_KNOWN_DOCUMENTS);
        if (threads.isPresent()) {
            options = options.withThreads(threads.get());
        }
        if (shardTokens.isPresent()) {
            options = options.withShardTokens(shardTokens.get());
        }
        PrepareResult result = Preparation.run(console, options);
        result.notices().forEach(notice -> console.say("cria: " + notice));
        if (json) {
            console.print(Json.line(describe(result)));
        }
        Manifest.Split train = result.manifest().splits().get(Manifest.TRAIN);
        console.say("wrote " + Units.count(train == null ? 0 : train.tokens()) + " tokens to train on to " + output
                + " in " + Units.seconds(result.progress().seconds()));
        return 0;
    }

    private static Map<String, Object> describe(PrepareResult result) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("output", result.output().toString());
        for (String name : List.of(Manifest.TRAIN, Manifest.VALIDATION)) {
            Manifest.Split split = result.manifest().splits().get(name);
            if (split != null) {
                Map<String, Object> figures = new LinkedHashMap<>();
                figures.put("documents", split.documents());
                figures.put("bytes", split.bytes());
                figures.put("tokens", split.tokens());
                object.put(name, figures);
            }
        }
        object.put("cleaning", result.manifest().cleaning());
        object.put("notices", result.notices());
        return object;
    }
}
