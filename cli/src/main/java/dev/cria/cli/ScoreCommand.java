package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.jobs.PartialOutput;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.cli.terminal.Units;
import dev.cria.model.LlamaModel;
import dev.cria.model.generation.BatchScorer;
import dev.cria.model.generation.Score;
import dev.cria.model.generation.ScoringPair;
import dev.cria.tensor.Device;
import dev.cria.text.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JacksonException;
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
    private static final String LOG_PROBABILITY = "logprob";
    private static final String GREEDY = "greedy";
    private static final String TOKENS = "tokens";
    private static final List<String> SCORED = List.of(LOG_PROBABILITY, GREEDY, TOKENS);

    /** Lines and tokens that are held and scored at a time. */
    private static final int WINDOW_LINES = 4096;

    private static final long WINDOW_TOKENS = 1 << 17;

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
            description =
                    "The file to write; it appears when all lines are scored. Until then they are in OUT.jsonl.partial, and after an interruption the same command goes on from there.")
    private Path output;

    @Option(names = "--no-bos", description = "Do not begin the context with the begin-of-sequence token.")
    private boolean noBos;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Tokens that fit; longer contexts lose their beginning (default: the model's, at most 4096).")
    private Optional<Integer> context;

    @Option(names = "--fresh", description = "Begin anew instead of going on with what an interrupted run has left.")
    private boolean fresh;

    ScoreCommand(Console console) {
        this.console = console;
    }

    /** An input line and what is asked of it. */
    private record Asked(ObjectNode line, ScoringPair pair) {}

    @Override
    public Integer call() throws IOException {
        OutputFiles.requireParent(output);
        try (CountingInput bytes = new CountingInput(Files.newInputStream(input));
                JsonLines lines = new JsonLines(bytes, input.toString());
                Device opened = device.open(console, common);
                LlamaModel loaded = model.load(opened, console);
                BatchScorer scorer = new BatchScorer(loaded, contextLength(loaded))) {
            Tokenizer tokenizer = model.tokenizer(loaded);
            String made = Json.line(new TreeMap<>(Map.of(
                    "model", loaded.fingerprint(),
                    "tokenizer", tokenizer.fingerprint(),
                    "bos", !noBos,
                    "context", scorer.contextLength())));
            Thread told = new Thread(
                    () -> console.say(
                            "cria: stopped; what was scored is kept, and the same command goes on from there"),
                    "score-stopped");
            try (PartialOutput partial = PartialOutput.open(output, made, fresh);
                    LiveLine display = new LiveLine(console)) {
                Pace pace = new Pace(display, bytes, Files.size(input));
                long found = skip(lines, partial);
                if (found > 0) {
                    console.say("cria: going on after " + Units.count(found) + " lines that were scored before");
                }
                pace.begin(found);
                Runtime.getRuntime().addShutdownHook(told);
                List<Asked> window = read(lines, scorer, tokenizer);
                while (!window.isEmpty()) {
                    partial.write(score(window, scorer));
                    pace.advance(window.size());
                    window = read(lines, scorer, tokenizer);
                }
                partial.complete();
            } finally {
                forget(told);
            }
        }
        return 0;
    }

    private void forget(Thread told) {
        try {
            Runtime.getRuntime().removeShutdownHook(told);
        } catch (IllegalStateException e) {
            console.flush(); // the JVM is ending, and the hook has run
        }
    }

    private int contextLength(LlamaModel loaded) {
        int longest = loaded.config().maxPositionEmbeddings();
        return context.orElse(Math.min(longest, DEFAULT_CONTEXT));
    }

    /** Passes over the input lines that were scored before; each must be the one that was. Returns how many they are. */
    private static long skip(JsonLines lines, PartialOutput partial) throws IOException {
        Optional<BufferedReader> found = partial.found();
        if (found.isEmpty()) {
            return 0;
        }
        long count = 0;
        try (BufferedReader reader = found.get()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                Optional<JsonNode> next = lines.next();
                if (next.isEmpty() || !isOf(line, next.get())) {
                    throw partial.foreign("another input: they differ in line " + (count + 1));
                }
                count++;
            }
        }
        return count;
    }

    /** Whether a scored line is that of an input line. */
    private static boolean isOf(String scored, JsonNode asked) {
        try {
            return Json.mapper().readTree(scored) instanceof ObjectNode object
                    && object.has(LOG_PROBABILITY)
                    && object.without(SCORED).equals(asked instanceof ObjectNode line ? line.without(SCORED) : asked);
        } catch (JacksonException e) {
            return false;
        }
    }

    /** The next lines that are scored together; empty at the end. */
    private List<Asked> read(JsonLines lines, BatchScorer scorer, Tokenizer tokenizer) throws IOException {
        List<Asked> window = new ArrayList<>();
        long tokens = 0;
        while (window.size() < WINDOW_LINES && tokens < WINDOW_TOKENS) {
            Optional<JsonNode> next = lines.next();
            if (next.isEmpty()) {
                break;
            }
            if (!(next.get() instanceof ObjectNode object)
                    || !object.path("context").isString()
                    || !object.path("continuation").isString()) {
                throw lines.refuse("is no object with the texts `context` and `continuation`");
            }
            try {
                ScoringPair pair = ScoringPair.of(
                        object.get("context").stringValue(),
                        object.get("continuation").stringValue(),
                        tokenizer,
                        !noBos);
                tokens += pair.contextTokensKept(scorer.contextLength()) + (long) pair.continuationTokens();
                window.add(new Asked(object, pair));
            } catch (UserError e) {
                throw lines.refuse(e.what());
            }
        }
        return window;
    }

    private static List<String> score(List<Asked> window, BatchScorer scorer) {
        List<Score> scores = scorer.score(window.stream().map(Asked::pair).toList());
        List<String> scored = new ArrayList<>();
        for (int i = 0; i < scores.size(); i++) {
            scored.add(Json.line(window.get(i)
                    .line()
                    .put(LOG_PROBABILITY, scores.get(i).logProbability())
                    .put(GREEDY, scores.get(i).greedy())
                    .put(TOKENS, scores.get(i).tokens())));
        }
        return scored;
    }

    /** How fast it goes and how long it will take, by the bytes that were read. */
    private static final class Pace {
        private final LiveLine display;
        private final CountingInput bytes;
        private final long size;
        private long began;
        private long bytesBefore;
        private long before;
        private long lines;

        Pace(LiveLine display, CountingInput bytes, long size) {
            this.display = display;
            this.bytes = bytes;
            this.size = size;
        }

        void begin(long found) {
            began = System.nanoTime();
            bytesBefore = bytes.count();
            before = found;
            lines = found;
        }

        void advance(int scored) {
            lines += scored;
            double seconds = (System.nanoTime() - began) * 1e-9;
            double bytesASecond = (bytes.count() - bytesBefore) / seconds;
            List<Field> fields = new ArrayList<>();
            fields.add(Field.plain("scored " + Units.count(lines) + " lines", 3));
            fields.add(Field.plain(Units.count((lines - before) / seconds) + " lines/s", 2));
            if (size > 0) {
                fields.add(Field.plain(Units.seconds((size - bytes.count()) / bytesASecond) + " left", 1));
            }
            display.show(fields);
        }
    }
}
