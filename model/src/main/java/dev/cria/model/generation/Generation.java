package dev.cria.model.generation;

import dev.cria.model.LlamaSession;
import dev.cria.tensor.Tensor;
import dev.cria.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One generation in progress. Each pass of the model takes in the last token chosen and the guesses after it, of which none may be; the rows
 * of logits then choose tokens one by one, up to the first that is not what was guessed.
 */
final class Generation {
    private final LlamaSession session;
    private final GenerationOptions options;
    private final ReadPrompt prompt;
    private final Drafting drafting;
    private final Sampler sampler;
    private final Verifier verifier;
    private final GrowingText text;
    private final float[] logits;

    Generation(
            LlamaSession session,
            Optional<Tokenizer> tokenizer,
            ReadPrompt prompt,
            GenerationOptions options,
            GenerationListener listener,
            Drafting drafting) {
        this.session = session;
        this.options = options;
        this.prompt = prompt;
        this.drafting = drafting;
        this.sampler = new Sampler(options.sampling());
        this.verifier = new Verifier(sampler);
        this.text =
                new GrowingText(session.config(), session.contextLength(), tokenizer, prompt.ids(), options, listener);
        this.logits = prompt.logits().clone();
    }

    GenerationResult run() {
        long started = System.nanoTime();
        @Nullable StopReason reason = options.maxNewTokens() == 0 ? StopReason.LENGTH : null;
        if (reason == null) {
            reason = text.accept(sampler.next(logits, text.seen()), session.length());
        }
        long firstChosen = System.nanoTime();
        while (reason == null) {
            reason = pass();
        }
        return text.finish(
                reason,
                prompt.tokensRead(),
                prompt.seconds() + (firstChosen - started) * 1e-9,
                (System.nanoTime() - firstChosen) * 1e-9,
                drafting.statistics());
    }

    /** One pass of the model: a token at least, and one more for every guess that is right. */
    private @Nullable StopReason pass() {
        makeRoom();
        int past = session.length();
        List<Guess> guesses = guess(past);
        Tensor rows = session.forward(tokens(guesses));
        @Nullable StopReason reason = null;
        int right = 0;
        int chosen = 0;
        try {
            for (int i = 0; reason == null && i <= right; i++) {
                session.download(rows.rows(i, i + 1), logits);
                boolean guessed = i < guesses.size();
                int id = guessed
                        ? verifier.choose(logits, text.seen(), guesses.get(i))
                        : sampler.next(logits, text.seen());
                right += guessed && id == guesses.get(i).id() ? 1 : 0;
                chosen++;
                reason = text.accept(id, past + chosen);
            }
        } finally {
            // The cache holds what was chosen less the last token, also where the listener threw: wrong guesses go.
            session.truncate(past + Math.max(1, chosen));
        }
        drafting.passed(guesses.size(), right);
        return reason;
    }

    private void makeRoom() {
        if (options.overflow().makeRoom(session)) {
            drafting.reread();
        }
    }

    private List<Guess> guess(int past) {
        if (drafting.isOff()) {
            return List.of();
        }
        // One token comes without a guess; more than the text may still have would be of no use.
        int wanted = options.maxNewTokens() - text.count() - 1;
        int room = session.contextLength() - past - 1;
        int[] context = Arrays.copyOf(session.tokens(), past + 1);
        context[past] = text.last();
        return drafting.guess(context, text.seen(), Math.min(wanted, room));
    }

    private int[] tokens(List<Guess> guesses) {
        int[] tokens = new int[1 + guesses.size()];
        tokens[0] = text.last();
        for (int i = 0; i < guesses.size(); i++) {
            tokens[1 + i] = guesses.get(i).id();
        }
        return tokens;
    }
}
