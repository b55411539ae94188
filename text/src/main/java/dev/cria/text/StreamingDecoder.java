package dev.cria.text;

/** Turns a growing list of ids into text piece by piece; the concatenation of what it returns is {@link Tokenizer#decode} of them all. */
public interface StreamingDecoder {
    /** Adds an id; returns the text that is now certain, possibly empty. */
    String accept(int id);

    /** Ends the text; returns what was held back (broken UTF-8 as U+FFFD). The decoder starts anew afterwards. */
    String finish();
}
