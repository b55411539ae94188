package dev.cria.eval.run;

import dev.cria.base.UserError;
import dev.cria.eval.task.GenerationRequest;
import dev.cria.model.BatchSession;
import dev.cria.model.LlamaModel;
import dev.cria.model.SessionOptions;
import dev.cria.model.generation.BatchGenerator;
import dev.cria.model.generation.BatchRequest;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.model.generation.SamplingOptions;
import dev.cria.tensor.Kernels;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * Lets a model write, as lm-evaluation-harness does: the prompt is cut from the left to leave room for the answer, and only the new tokens are
 * decoded, so that a space before the first word is lost. Several documents are written at a time, as many as leave each with the bits that it
 * has alone, so that none depends on others.
 */
final class GenerationRunner {
    private final LlamaModel model;
    private final int contextLength;
    private final Tokenizer tokenizer;
    private final EvaluationOptions options;

    GenerationRunner(LlamaModel model, int contextLength, Tokenizer tokenizer, EvaluationOptions options) {
        this.model = model;
        this.contextLength = contextLength;
        this.tokenizer = tokenizer;
        this.options = options;
    }

    /**
     * What was written for a document.
     *
     * @param texts one for each time it was asked
     * @param tokens generated tokens of all of them
     * @param contextTokens tokens of the prompt
     * @param contextTokensKept how many of them were read
     */
    record Written(List<String> texts, int tokens, int contextTokens, int contextTokensKept) {}

    /** A document at work: what was written so far, in the order of the repetitions. */
    private static final class Document {
        final GenerationRequest request;
        final int[] kept;
        final int contextTokens;
        final List<String> until;
        final String[] texts;
        int left;
        int tokens;

        Document(GenerationRequest request, int[] ids, int room, List<String> until, int repeats) {
            this.request = request;
            this.contextTokens = ids.length;
            this.kept = Arrays.copyOfRange(ids, Math.max(0, ids.length - room), ids.length);
            this.until = until;
            this.texts = new String[repeats];
            this.left = repeats;
        }

        Written written() {
            return new Written(List.of(texts), tokens, contextTokens, kept.length);
        }
    }

    /**
     * Answers documents; hands each out as soon as it is answered.
     *
     * @param repeats how often each is asked
     * @throws UserError if an answer may be so long that no token of the prompt fits
     */
    void run(
            String task,
            List<GenerationRequest> requests,
            int repeats,
            BiConsumer<GenerationRequest, Written> answered) {
        int asked = Math.multiplyExact(requests.size(), repeats);
        Map<Integer, Document> open = new HashMap<>();
        try (BatchSession session =
                model.newBatchSession(SessionOptions.exact(contextLength), Math.min(Kernels.FEW_ROWS, asked))) {
            new BatchGenerator(session, Optional.of(tokenizer))
                    .generate(
                            IntStream.range(0, asked)
                                    .mapToObj(index -> request(task, requests, repeats, index, open))
                                    .iterator(),
                            (index, result) -> {
                                Document document = Objects.requireNonNull(open.get(index / repeats));
                                take(document, index % repeats, result);
                                if (document.left == 0) {
                                    open.remove(index / repeats);
                                    answered.accept(document.request, document.written());
                                }
                            });
        }
    }

    /** What is asked as number {@code index}: repetitions of a document come one after another. */
    private BatchRequest request(
            String task, List<GenerationRequest> requests, int repeats, int index, Map<Integer, Document> open) {
        GenerationRequest request = requests.get(index / repeats);
        int most = options.maxNewTokens().orElse(request.maxTokens());
        Document document = open.computeIfAbsent(index / repeats, number -> document(task, request, most, repeats));
        return new BatchRequest(
                document.kept, new GenerationOptions(most, sampling(request, index % repeats), document.until, false));
    }

    private Document document(String task, GenerationRequest request, int most, int repeats) {
        int room = contextLength - most;
        if (room < 1) {
            throw new UserError(
                    task + " asks for up to " + most + " new tokens, and the model's context holds " + contextLength,
                    "say --max-new-tokens with a number well below that");
        }
        List<String> until = new ArrayList<>(request.until());
        until.add(tokenizer.piece(tokenizer.eosId()));
        until.removeIf(String::isEmpty);
        return new Document(request, prompt(request.context()), room, until, repeats);
    }

    private void take(Document document, int repeat, GenerationResult result) {
        document.tokens += result.ids().size();
        document.texts[repeat] = cut(text(result.ids()), document.until);
        document.left--;
    }

    private int[] prompt(String context) {
        int[] ids = tokenizer.encodeWithSpecial(context);
        if (!options.bos() && ids.length > 0) {
            return ids;
        }
        int[] withBos = new int[ids.length + 1];
        withBos[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }

    /** The most likely token, or a draw that depends on the document and the repetition alone. */
    private static SamplingOptions sampling(GenerationRequest request, int repeat) {
        return request.temperature() == 0
                ? SamplingOptions.greedy()
                : SamplingOptions.plain((long) request.doc() << 32 | repeat).withTemperature(request.temperature());
    }

    private String text(List<Integer> ids) {
        return tokenizer.decode(ids.stream().mapToInt(Integer::intValue).toArray());
    }

    /** The text up to the first of the stop texts. */
    private static String cut(String text, List<String> until) {
        int end = text.length();
        for (String stop : until) {
            int at = text.indexOf(stop);
            end = at >= 0 ? Math.min(end, at) : end;
        }
        return text.substring(0, end);
    }
}
