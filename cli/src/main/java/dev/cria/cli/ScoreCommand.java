package dev.cria.cli;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.generation.Score;
import dev.cria.model.generation.Scorer;
import dev.cria.tensor.Device;
import dev.cria.text.Tokenizer;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code cria score}: log-probabilities of continuations. */
@Command(
        name = "score",
        header = "Say how likely a model finds continuations.",
        description = {
            "Each input line is a JSON object with `context` and `continuation`; the output line is the same object with `logprob` (natural logarithm, summed over the continuation's tokens), `greedy` (whether each of them is the likeliest) and `tokens` (how many they are).",
            "Context and continuation are split into tokens as lm-evaluation-harness does."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  echo '{\"context\": \"Once upon a\", \"continuation\": \" time\"}' > in.jsonl",
            "  cria score --model DIR --input in.jsonl --output out.jsonl"
        })
final class ScoreCommand implements Callable<Integer> {
    private static final int DEFAULT_CONTEXT = 4096;

    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Mixin
    private ModelOption model = new ModelOption();

    @Option(names = "--input", paramLabel = "IN.jsonl", required = true, description = "The lines to score.")
    private Path input;

    @Option(
            names = "--output",
            paramLabel = "OUT.jsonl",
            required = true,
            description = "The file to write; it appears when all lines are scored.")
    private Path output;

    @Option(names = "--no-bos", description = "Do not begin the context with the begin-of-sequence token.")
    private boolean noBos;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Tokens that fit; longer contexts lose their beginning (default: the model's, at most 4096).")
    private Optional<Integer> context;

    ScoreCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        OutputFiles.requireParent(output);
        Path beside = output.resolveSibling(output.getFileName() + ".tmp");
        boolean complete = false;
        try (JsonLines lines = new JsonLines(Files.newInputStream(input), input.toString());
                Device opened = device.open(console, common);
                LlamaModel loaded = model.load(opened);
                LlamaSession session = loaded.newSession(contextLength(loaded))) {
            Tokenizer tokenizer = model.tokenizer(loaded);
            Scorer scorer = new Scorer(session);
            try (BufferedWriter writer = Files.newBufferedWriter(beside);
                    LiveLine progress = new LiveLine(console)) {
                long scored = 0;
                for (Optional<JsonNode> next = lines.next(); next.isPresent(); next = lines.next()) {
                    writer.write(Json.line(score(lines, next.get(), scorer, tokenizer)));
                    writer.write('\n');
                    scored++;
                    progress.show(List.of(Field.plain("scored " + scored + " lines", 1)));
                }
            }
            DurableFiles.sync(beside);
            DurableFiles.replace(beside, output);
            complete = true;
        } finally {
            if (!complete) {
                Files.deleteIfExists(beside);
            }
        }
        return 0;
    }

    private int contextLength(LlamaModel loaded) {
        int longest = loaded.config().maxPositionEmbeddings();
        return context.orElse(Math.min(longest, DEFAULT_CONTEXT));
    }

    private ObjectNode score(JsonLines lines, JsonNode node, Scorer scorer, Tokenizer tokenizer) {
        if (!(node instanceof ObjectNode object)
                || !node.path("context").isString()
                || !node.path("continuation").isString()) {
            throw lines.refuse("is no object with the texts `context` and `continuation`");
        }
        try {
            Score score = scorer.score(
                    node.get("context").stringValue(), node.get("continuation").stringValue(), tokenizer, !noBos);
            return object.put("logprob", score.logProbability())
                    .put("greedy", score.greedy())
                    .put("tokens", score.tokens());
        } catch (UserError e) {
            throw lines.refuse(e.what());
        }
    }
}
