package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.model.LlamaSession;
import dev.cria.text.Tokenizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Continues a prompt token by token. The text is that of prompt and new ids together, less the prompt's, so that the space before the
 * first new word is kept.
 */
public final class Generator {
    private final LlamaSession session;
    private final Optional<Tokenizer> tokenizer;
    private final Optional<DraftOptions> drafts;

    /** @param tokenizer where absent, there is no text and stop strings are refused */
    public Generator(LlamaSession session, Optional<Tokenizer> tokenizer) {
        this(session, tokenizer, Optional.empty());
    }

    /**
     * @param tokenizer where absent, there is no text and stop strings are refused
     * @param drafts who guesses ahead; the text at temperature 0, and the distribution of texts above, are the same without
     */
    public Generator(LlamaSession session, Optional<Tokenizer> tokenizer, Optional<DraftOptions> drafts) {
        this.session = session;
        this.tokenizer = tokenizer;
        this.drafts = drafts;
    }

    /**
     * Appends a prompt to the session and generates. The last token chosen is not in the session's cache.
     *
     * @throws UserError if the prompt is empty or does not fit the context
     */
    public GenerationResult generate(int[] prompt, GenerationOptions options, GenerationListener listener) {
        requireNotEmpty(prompt);
        check(options);
        long started = System.nanoTime();
        int[] held = session.tokens();
        int[] whole =
                IntStream.concat(Arrays.stream(held), Arrays.stream(prompt)).toArray();
        int[] fitting = fit(whole, prompt.length, options.overflow());
        float[] logits = new float[session.config().vocabSize()];
        int read = fitting == whole ? append(prompt, logits) : advance(fitting, logits);
        return generate(new ReadPrompt(prompt, logits, read, seconds(started)), options, listener);
    }

    /**
     * Makes a prompt the session's content. What the session holds of it already is not read again, but its last token is; what else the
     * session holds is forgotten.
     *
     * @param prompt from its very beginning
     * @throws UserError if it is empty or does not fit the context
     */
    public ReadPrompt read(int[] prompt, Overflow overflow) {
        requireNotEmpty(prompt);
        overflow.check(session.contextLength());
        long started = System.nanoTime();
        float[] logits = new float[session.config().vocabSize()];
        int read = advance(fit(prompt, prompt.length, overflow), logits);
        return new ReadPrompt(prompt, logits, read, seconds(started));
    }

    /**
     * Generates from where the session stands. The last token chosen is not in the session's cache.
     *
     * @param prompt what the session has read, by {@link #read}
     */
    public GenerationResult generate(ReadPrompt prompt, GenerationOptions options, GenerationListener listener) {
        check(options);
        return new Generation(session, tokenizer, prompt, options, listener, new Drafting(drafts, options.sampling()))
                .run();
    }

    void check(GenerationOptions options) {
        options.overflow().check(session.contextLength());
        if (!options.stopStrings().isEmpty() && tokenizer.isEmpty()) {
            throw new UserError("stop strings need a tokenizer, and this model has none", "add its tokenizer files");
        }
    }

    private static void requireNotEmpty(int[] prompt) {
        if (prompt.length == 0) {
            throw new UserError("the prompt is empty", "begin it with the BOS token at least");
        }
    }

    /** All tokens where the context holds them, else what the overflow leaves of them. */
    private int[] fit(int[] whole, int prompt, Overflow overflow) {
        int most = session.contextLength();
        if (whole.length <= most) {
            return whole;
        }
        if (overflow.slides()) {
            return overflow.slide(whole, most);
        }
        int before = whole.length - prompt;
        throw new UserError(
                "the prompt has " + prompt + " tokens; the context holds " + most
                        + (before > 0 ? " and " + before + " of them are taken" : ""),
                "shorten it, use a longer context (this model's limit is "
                        + session.config().maxPositionEmbeddings() + "), or let the context slide");
    }

    private int append(int[] prompt, float[] logits) {
        session.forwardLast(prompt, logits);
        return prompt.length;
    }

    /** Makes the session hold exactly these tokens, and reads what it does not hold; returns how many. */
    private int advance(int[] tokens, float[] logits) {
        int[] held = session.tokens();
        int mismatch = Arrays.mismatch(held, tokens);
        int common = Math.min(mismatch < 0 ? held.length : mismatch, tokens.length - 1);
        session.truncate(common);
        return append(Arrays.copyOfRange(tokens, common, tokens.length), logits);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) * 1e-9;
    }
}
