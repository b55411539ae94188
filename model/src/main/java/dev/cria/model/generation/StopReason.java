package dev.cria.model.generation;

/** Why a generation ended. */
public enum StopReason {
    /** The model ended the text. */
    EOS,
    /** As many tokens as asked for, or the context is full. */
    LENGTH,
    /** One of the stop strings appeared. */
    STOP_STRING,
    /** The listener asked for it. */
    CANCELLED
}
