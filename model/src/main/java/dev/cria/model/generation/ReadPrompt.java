package dev.cria.model.generation;

/**
 * A prompt that a session has read, and what it says comes next. Valid as long as the session is left alone.
 *
 * @param ids the prompt
 * @param logits after its last token, [V]
 * @param tokensRead how many passed through the model; the session may have held the others
 * @param seconds what that took
 */
@SuppressWarnings("ArrayRecordComponent") // handed from one stage of a generation to the next, never compared
public record ReadPrompt(int[] ids, float[] logits, int tokensRead, double seconds) {}
