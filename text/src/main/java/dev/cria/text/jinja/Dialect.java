package dev.cria.text.jinja;

/**
 * What differs between the users of Jinja.
 *
 * @param kind what errors call a template
 * @param hint what a user can do about a broken one
 * @param trims whether the line feed behind a tag, and white space before a tag that begins its line, are dropped (trim_blocks, lstrip_blocks)
 * @param keepsLastLineFeed whether a line feed at the very end of a template counts (keep_trailing_newline)
 * @param strict whether printing what is not there is an error instead of nothing (StrictUndefined)
 */
public record Dialect(String kind, String hint, boolean trims, boolean keepsLastLineFeed, boolean strict) {
    /** As transformers sets it up for chat templates. */
    public static final Dialect CHAT =
            new Dialect("chat template", "use the template the model was published with", true, false, false);

    /** As lm-evaluation-harness sets it up for prompts. */
    public static final Dialect PROMPT =
            new Dialect("prompt template", "check the task's template and the fields of its data", false, true, true);
}
