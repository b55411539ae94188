package dev.cria.eval.metric;

import java.util.Locale;

/**
 * Whether a text is the right one.
 *
 * @param ignoreCase compare in lower case
 * @param ignorePunctuation leave out ASCII punctuation
 * @param ignoreNumbers leave out ASCII digits
 */
public record TextMatch(boolean ignoreCase, boolean ignorePunctuation, boolean ignoreNumbers) {
    /** Every character counts. */
    public static final TextMatch EXACT = new TextMatch(false, false, false);

    /** Exact match: 1 or 0. */
    public double exact(String text, String gold) {
        return prepare(text).equals(prepare(gold)) ? 1 : 0;
    }

    /** InstructEval's rule: the text, without white space around it, begins with the right one; 1 or 0. */
    public static double startsWith(String text, String gold) {
        return PythonText.strip(text).startsWith(gold) ? 1 : 0;
    }

    private String prepare(String text) {
        String prepared = ignoreCase ? text.toLowerCase(Locale.ROOT) : text;
        if (ignorePunctuation) {
            prepared = prepared.replaceAll("[!-/:-@\\[-`{-~]", "");
        }
        return ignoreNumbers ? prepared.replaceAll("[0-9]", "") : prepared;
    }
}
