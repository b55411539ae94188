package dev.cria.eval.task;

/** How long a text is for a model; what tasks with a rule on the length of their prompt need to know. */
@FunctionalInterface
public interface TokenCounter {
    /** Tokens of a whole prompt, with the special tokens that the tokenizer adds by itself. */
    int count(String text);
}
