package dev.cria.eval.run;

import dev.cria.base.UserError;
import dev.cria.eval.task.GenerationRequest;
import dev.cria.model.LlamaSession;
import dev.cria.model.generation.GenerationListener;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.model.generation.Generator;
import dev.cria.model.generation.Overflow;
import dev.cria.model.generation.ReadPrompt;
import dev.cria.model.generation.SamplingOptions;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Lets a model write, as lm-evaluation-harness does: the prompt is cut from the left to leave room for the answer, and only the new tokens are
 * decoded, so that a space before the first word is lost. Each document begins with an empty session, so that it does not depend on others.
 */
final class GenerationRunner {
    private final LlamaSession session;
    private final Tokenizer tokenizer;
    private final EvaluationOptions options;
    private final Generator generator;

    GenerationRunner(LlamaSession session, Tokenizer tokenizer, EvaluationOptions options) {
        this.session = session;
        this.tokenizer = tokenizer;
        this.options = options;
        this.generator = new Generator(session, Optional.of(tokenizer));
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

    /**
     * Answers one document.
     *
     * @param repeats how often
     * @throws UserError if the answer may be so long that no token of the prompt fits
     */
    Written run(String task, GenerationRequest request, int repeats) {
        int most = options.maxNewTokens().orElse(request.maxTokens());
        int room = session.contextLength() - most;
        if (room < 1) {
            throw new UserError(
                    task + " asks for up to " + most + " new tokens, and the model's context holds "
                            + session.contextLength(),
                    "say --max-new-tokens with a number well below that");
        }
        int[] ids = prompt(request.context());
        int[] kept = Arrays.copyOfRange(ids, Math.max(0, ids.length - room), ids.length);
        List<String> until = new ArrayList<>(request.until());
        until.add(tokenizer.piece(tokenizer.eosId()));
        until.removeIf(String::isEmpty);
        session.reset();
        ReadPrompt read = generator.read(kept, Overflow.STOP);
        List<String> texts = new ArrayList<>();
        int tokens = 0;
        for (int repeat = 0; repeat < repeats; repeat++) {
            session.truncate(kept.length);
            GenerationResult result = generator.generate(
                    read,
                    new GenerationOptions(most, sampling(request, repeat), until, false),
                    GenerationListener.NONE);
            tokens += result.ids().size();
            texts.add(cut(text(result.ids()), until));
        }
        return new Written(texts, tokens, ids.length, kept.length);
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
