package dev.cria.cli.chat;

import dev.cria.model.generation.StopReason;

/**
 * An answer.
 *
 * @param text what was said, end-of-turn tokens left out
 * @param stopReason why it ended
 * @param forgotten turns that the model was no longer shown from now on, because the context was full
 * @param stats what it took
 */
public record Reply(String text, StopReason stopReason, int forgotten, TurnStats stats) {}
