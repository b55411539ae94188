package dev.cria.eval.perplexity;

import dev.cria.base.UserError;
import dev.cria.data.Document;
import dev.cria.model.LlamaModel;
import dev.cria.model.generation.BatchScorer;
import dev.cria.model.generation.Score;
import dev.cria.model.generation.ScoringPair;
import dev.cria.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/** Measures how well a model predicts texts. Memory does not grow with their number. */
public final class Perplexity {
    /** Tokens that are scored together: enough to fill the machine, few enough to see progress. */
    private static final int BATCH_TOKENS = 8192;

    private final BatchScorer scorer;
    private final Tokenizer tokenizer;
    private final boolean bos;
    private final List<ScoringPair> waiting = new ArrayList<>();
    private long waitingTokens;
    private long documents;
    private long tokens;
    private long words;
    private long bytes;
    private double logLikelihood;

    private Perplexity(BatchScorer scorer, Tokenizer tokenizer, boolean bos) {
        this.scorer = scorer;
        this.tokenizer = tokenizer;
        this.bos = bos;
    }

    /**
     * Measures texts.
     *
     * @param contextLength most tokens that are read at once
     * @param bos whether BOS is the first token that is predicted, as lm-evaluation-harness has it for tokenizers that add BOS; it stands before the
     *     first token in any case
     * @param progress is told of what is known so far, now and then
     * @throws UserError if there is no text, or the model's logits are not finite
     */
    public static PerplexityResult measure(
            Iterator<Document> texts,
            LlamaModel model,
            Tokenizer tokenizer,
            int contextLength,
            boolean bos,
            Consumer<PerplexityResult> progress) {
        try (BatchScorer scorer = new BatchScorer(model, contextLength)) {
            Perplexity perplexity = new Perplexity(scorer, tokenizer, bos);
            while (texts.hasNext()) {
                perplexity.add(texts.next().text(), progress);
            }
            perplexity.score(progress);
            if (perplexity.documents == 0) {
                throw new UserError("there is no text to measure", "give --input with text in it");
            }
            return perplexity.result();
        }
    }

    private void add(String text, Consumer<PerplexityResult> progress) {
        documents++;
        words += words(text);
        bytes += text.getBytes(StandardCharsets.UTF_8).length;
        for (ScoringPair window : RollingWindows.of(encode(text), tokenizer.bosId(), scorer.contextLength())) {
            waiting.add(window);
            waitingTokens += window.continuationTokens();
            if (waitingTokens >= BATCH_TOKENS) {
                score(progress);
            }
        }
    }

    /** A text that spells BOS at its beginning has it already. */
    private int[] encode(String text) {
        int[] ids = tokenizer.encodeWithSpecial(text);
        if (!bos || (ids.length > 0 && ids[0] == tokenizer.bosId())) {
            return ids;
        }
        int[] withBos = new int[ids.length + 1];
        withBos[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }

    private void score(Consumer<PerplexityResult> progress) {
        for (Score score : scorer.score(waiting)) {
            logLikelihood += score.logProbability();
            tokens += score.tokens();
        }
        waiting.clear();
        waitingTokens = 0;
        progress.accept(result());
    }

    private PerplexityResult result() {
        return new PerplexityResult(documents, tokens, words, bytes, logLikelihood);
    }

    /** Runs of white space and one more: what Python's {@code len(re.split(r"\s+", text))} gives. */
    static long words(String text) {
        long words = 1;
        boolean inSpace = false;
        for (int i = 0; i < text.length(); i++) {
            boolean space = isSpace(text.charAt(i));
            if (space && !inSpace) {
                words++;
            }
            inSpace = space;
        }
        return words;
    }

    /** What {@code \s} matches in Python: all of it lies in the Basic Multilingual Plane. */
    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || c == 0x85 || c == 0xa0 || c == 0x2007 || c == 0x202f;
    }
}
