package dev.cria.model.generation;

import java.util.List;

/**
 * A finished generation.
 *
 * @param ids the new ids, an end-of-sequence token included
 * @param text their text as it continues the prompt, without a stop string; empty where there is no tokenizer
 * @param stopReason why it ended
 * @param promptTokens ids that were read
 * @param promptSeconds time to read them and choose the first token
 * @param decodeSeconds time for all tokens after the first
 * @param drafts what the tokens after the first took
 */
public record GenerationResult(
        List<Integer> ids,
        String text,
        StopReason stopReason,
        int promptTokens,
        double promptSeconds,
        double decodeSeconds,
        DraftStatistics drafts) {
    /** Tokens read a second. */
    public double promptTokensPerSecond() {
        return promptSeconds > 0 ? promptTokens / promptSeconds : 0;
    }

    /** Tokens written a second, the first left out. */
    public double decodeTokensPerSecond() {
        return decodeSeconds > 0 && ids.size() > 1 ? (ids.size() - 1) / decodeSeconds : 0;
    }

    /** Tokens written a pass of the model, the first token and the prompt's pass left out; 1 where nothing was guessed, 0 where there was no pass. */
    public double tokensPerPass() {
        return drafts.passes() == 0 ? 0 : (double) (ids.size() - 1) / drafts.passes();
    }
}
