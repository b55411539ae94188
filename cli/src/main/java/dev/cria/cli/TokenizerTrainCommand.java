package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.jobs.TokenizerTraining;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Units;
import dev.cria.text.TrainedTokenizer;
import dev.cria.text.TrainerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria tokenizer train}: raises a tokenizer from text. */
@Command(
        name = "train",
        header = "Train a tokenizer on text.",
        description = {
            "Trains byte-pair encoding as SentencePiece does, with the settings of Llama 2's tokenizer, and writes tokenizer.model (for sentencepiece), tokenizer.json (for Hugging Face) and tokenizer_config.json."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria tokenizer train --input books/ --vocab-size 8000 --output my-tokenizer",
            "  cria tokenizer train --input src.zip --include '**/*.java' --vocab-size 4096 --output t",
            "  zstdcat huge.jsonl.zst | cria tokenizer train --input - --input-format jsonl --sample 0.05 --vocab-size 32000 --output t"
        })
final class TokenizerTrainCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private InputOptions input = new InputOptions();

    @Option(names = "--vocab-size", paramLabel = "N", required = true, description = "Number of pieces to end with.")
    private int vocabularySize;

    @Option(names = "--output", paramLabel = "DIR", required = true, description = "The folder to write.")
    private Path output;

    @Option(names = "--overwrite", description = "Replace a tokenizer that is there already.")
    private boolean overwrite;

    @Option(
            names = "--character-coverage",
            paramLabel = "SHARE",
            defaultValue = "0.99995",
            description =
                    "Share of all characters that become pieces; the rest is spelt in bytes (default: ${DEFAULT-VALUE}).")
    private double coverage;

    @Option(
            names = "--sample",
            paramLabel = "SHARE",
            defaultValue = "1",
            description = "Share of the documents to read, chosen by --seed (default: ${DEFAULT-VALUE}).")
    private double sample;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "0",
            description = "Decides which documents --sample takes (default: ${DEFAULT-VALUE}).")
    private long seed;

    TokenizerTrainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        TrainerOptions options = TrainerOptions.of(vocabularySize)
                .withCharacterCoverage(coverage)
                .withSample(sample, seed);
        if (!overwrite && (Files.exists(output.resolve("tokenizer.model")) || Files.isRegularFile(output))) {
            throw new UserError("there is already something at " + output, "name another folder, or say --overwrite");
        }
        long start = System.nanoTime();
        TrainedTokenizer trained = TokenizerTraining.run(console, input.inputs(), input.read(), options);
        trained.save(output);
        if (!trained.isComplete()) {
            console.say("cria: the text yields only " + trained.tokenizer().vocabularySize() + " of " + vocabularySize
                    + " pieces; give more text for more");
        }
        console.say("wrote a tokenizer of " + trained.tokenizer().vocabularySize() + " pieces to " + output + " in "
                + Units.seconds((System.nanoTime() - start) / 1e9));
        return 0;
    }
}
