package dev.cria.cli.finetune;

import dev.cria.data.chat.ChatEncoder.Labelled;

/** A conversation as its template writes it, what is learnt set apart: in colour, or between brackets where there is none. */
public final class LabelledText {
    private static final String LEARNT = "\u001b[1;32m";
    private static final String MASKED = "\u001b[2m";
    private static final String PLAIN = "\u001b[0m";

    private LabelledText() {}

    /** The whole text; control characters of it are shown as pictures, so that it cannot steer the terminal. */
    public static String of(Labelled labelled, boolean colour) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        for (int i = 0; i < labelled.ids().length; ) {
            boolean learnt = labelled.trained().get(i);
            int end = i;
            while (end < labelled.ids().length && labelled.trained().get(end) == learnt) {
                end++;
            }
            int to = Math.max(at, labelled.ends()[end - 1]);
            String part = printable(labelled.text().substring(at, to));
            if (!part.isEmpty()) {
                append(out, part, learnt, colour);
            }
            at = to;
            i = end;
        }
        return out.toString();
    }

    private static void append(StringBuilder out, String part, boolean learnt, boolean colour) {
        if (colour) {
            out.append(learnt ? LEARNT : MASKED).append(part).append(PLAIN);
        } else {
            out.append(learnt ? "⟦" + part + "⟧" : part);
        }
    }

    private static String printable(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> out.appendCodePoint(picture(c)));
        return out.toString();
    }

    private static int picture(int c) {
        if (!Character.isISOControl(c) || c == '\n' || c == '\t') {
            return c;
        }
        return c < 0x20 ? 0x2400 + c : 0xFFFD;
    }
}
