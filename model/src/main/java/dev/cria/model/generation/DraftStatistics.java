package dev.cria.model.generation;

/**
 * What a text took beyond the pass that read its prompt and gave its first token.
 *
 * @param passes passes of the (large) model, those that read text again after the context slid included
 * @param drafted tokens that were guessed
 * @param accepted guesses that became part of the text
 */
public record DraftStatistics(int passes, int drafted, int accepted) {
    /** The share of guesses that were right; 0 where there were none. */
    public double acceptance() {
        return drafted == 0 ? 0 : (double) accepted / drafted;
    }
}
