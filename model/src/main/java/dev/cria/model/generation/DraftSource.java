package dev.cria.model.generation;

import java.util.List;

/**
 * Guesses how a text goes on, so that a large model may check several tokens in one pass instead of finding them one by one (speculative
 * decoding). A wrong guess costs time and changes nothing: see {@link Verifier}.
 */
public sealed interface DraftSource extends AutoCloseable permits DraftModel, PromptLookup {
    /**
     * Guesses.
     *
     * @param context all tokens so far, as the large model sees them; one at least
     * @param most largest number of guesses; 1 at least
     * @param guesser chooses from logits, for a source that has them
     * @return 0 to {@code most} guesses
     */
    List<Guess> guess(int[] context, int most, Guesser guesser);

    @Override
    void close();
}
