package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.cli.terminal.Units;
import dev.cria.model.BatchSession;
import dev.cria.model.LlamaModel;
import dev.cria.model.SessionOptions;
import dev.cria.model.generation.BatchGenerator;
import dev.cria.model.generation.BatchRequest;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Prompts that are answered together, from a file of one a line; the answers come in its order. */
final class ManyPrompts {
    @Option(
            names = "--prompts",
            paramLabel = "FILE.jsonl",
            description =
                    "Answer many prompts: a JSON string a line, or an object with `prompt`. Prints the objects in the same order, with `text`, `ids`, `stop_reason` and `seed` (--seed and the line's number, counted from 0, together).")
    private Optional<Path> file = Optional.empty();

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description =
                    "With --prompts: how many to write at a time. Up to 16, each text is what it would be alone (default: ${DEFAULT-VALUE}).")
    private int batch;

    /** A line, and what the model reads of it. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    private record Asked(ObjectNode line, int[] ids) {}

    boolean isAsked() {
        return file.isPresent();
    }

    /**
     * Answers all of them.
     *
     * @param options of the first; the seed of each other is greater by its place
     * @param session how sequences are computed, from the tokens that the longest may take
     * @param ids what the model reads of a text
     * @throws UserError if a line is no prompt, or one that does not fit
     */
    void run(
            Console console,
            LlamaModel model,
            Tokenizer tokenizer,
            GenerationOptions options,
            Function<Long, SessionOptions> session,
            Function<String, int[]> ids)
            throws IOException {
        if (batch < 1) {
            throw new UserError("--batch is " + batch, "give 1 or more");
        }
        List<Asked> asked = read(ids);
        SessionOptions sessions = session.apply(longest(asked, each -> each.ids().length) + options.maxNewTokens());
        for (int i = 0; i < asked.size() && !options.overflow().slides(); i++) {
            if (asked.get(i).ids().length > sessions.contextLength()) {
                throw new UserError(
                        file.orElseThrow() + " line " + (i + 1) + ": the prompt has "
                                + asked.get(i).ids().length + " tokens; the context holds " + sessions.contextLength(),
                        "shorten it, use a longer context, or let it slide: --overflow slide");
            }
        }
        if (asked.isEmpty()) {
            return;
        }
        try (BatchSession opened = model.newBatchSession(sessions, Math.min(batch, asked.size()));
                LiveLine display = new LiveLine(console)) {
            Answers answers = new Answers(console, display, asked, options);
            List<BatchRequest> requests = new ArrayList<>();
            for (int i = 0; i < asked.size(); i++) {
                requests.add(new BatchRequest(asked.get(i).ids(), answers.options(i)));
            }
            new BatchGenerator(opened, Optional.of(tokenizer)).generate(requests.iterator(), answers::finished);
        }
    }

    private static long longest(List<Asked> asked, ToLongFunction<Asked> length) {
        return asked.stream().mapToLong(length).max().orElse(0);
    }

    private List<Asked> read(Function<String, int[]> ids) throws IOException {
        Path path = file.orElseThrow();
        List<Asked> asked = new ArrayList<>();
        try (JsonLines lines = new JsonLines(Files.newInputStream(path), path.toString())) {
            for (Optional<JsonNode> next = lines.next(); next.isPresent(); next = lines.next()) {
                JsonNode node = next.get();
                ObjectNode line = node instanceof ObjectNode object
                        ? object
                        : Json.mapper().createObjectNode().set("prompt", node);
                if (!line.path("prompt").isString()) {
                    throw lines.refuse("is no text and no object with the text `prompt`");
                }
                asked.add(new Asked(line, ids.apply(line.get("prompt").stringValue())));
            }
        } catch (NoSuchFileException e) {
            throw new UserError(path + " does not exist", "check the path");
        }
        return asked;
    }

    /** Prints answers in the order of the questions, and tells how far it is. */
    private static final class Answers {
        private final Console console;
        private final LiveLine display;
        private final List<Asked> asked;
        private final GenerationOptions options;
        private final TreeMap<Integer, GenerationResult> early = new TreeMap<>();
        private final long began = System.nanoTime();
        private int printed;
        private int finished;
        private long tokens;

        Answers(Console console, LiveLine display, List<Asked> asked, GenerationOptions options) {
            this.console = console;
            this.display = display;
            this.asked = asked;
            this.options = options;
        }

        GenerationOptions options(int index) {
            return options.withSampling(
                    options.sampling().withSeed(options.sampling().seed() + index));
        }

        void finished(int index, GenerationResult result) {
            finished++;
            tokens += result.ids().size();
            early.put(index, result);
            while (!early.isEmpty() && early.firstKey() == printed) {
                print(printed, early.pollFirstEntry().getValue());
                printed++;
            }
            console.flush();
            double seconds = (System.nanoTime() - began) * 1e-9;
            display.show(List.of(
                    Field.plain("answered " + Units.count(finished) + " of " + Units.count(asked.size()), 3),
                    Field.plain(Units.count(tokens / seconds) + " tokens/s", 2),
                    Field.plain(Units.seconds(seconds / finished * (asked.size() - finished)) + " left", 1)));
        }

        private void print(int index, GenerationResult result) {
            ObjectNode line = asked.get(index).line();
            line.put("text", result.text());
            line.set("ids", Json.mapper().valueToTree(result.ids()));
            line.put("stop_reason", result.stopReason().name().toLowerCase(Locale.ROOT));
            line.put("seed", options(index).sampling().seed());
            console.print(Json.line(line));
        }
    }
}
