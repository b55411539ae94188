package dev.cria.model.generation;

import dev.cria.base.UserError;

/**
 * A prompt among others, and what is to come of it.
 *
 * @param prompt ids from the very beginning, BOS included
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record BatchRequest(int[] prompt, GenerationOptions options) {
    /** @throws UserError if the prompt is empty */
    public BatchRequest {
        if (prompt.length == 0) {
            throw new UserError("the prompt is empty", "begin it with the BOS token at least");
        }
    }
}
