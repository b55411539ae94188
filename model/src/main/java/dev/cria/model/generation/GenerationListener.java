package dev.cria.model.generation;

/** Receives a generation as it grows. */
@FunctionalInterface
public interface GenerationListener {
    /** Lets everything pass. */
    GenerationListener NONE = (id, text) -> true;

    /**
     * A token was chosen.
     *
     * @param id its id
     * @param text text that is now certain: it may be empty, and belong to earlier tokens (partial UTF-8 and possible stop strings are
     *     held back). The last call may have no token of its own; its id is then -1.
     * @return whether to go on
     */
    boolean onToken(int id, String text);
}
