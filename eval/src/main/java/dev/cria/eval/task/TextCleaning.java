package dev.cria.eval.task;

import dev.cria.eval.metric.PythonText;
import java.util.regex.Pattern;

/** What happens to a prompt and its choices after their templates are filled in. */
enum TextCleaning {
    /** Nothing. */
    NONE {
        @Override
        String clean(String text) {
            return text;
        }
    },
    /** HellaSwag: WikiHow's marks in brackets go, the mark of a title becomes the end of a sentence, two spaces become one (once). */
    BRACKETS {
        @Override
        String clean(String text) {
            String titled = PythonText.strip(text).replace(" [title]", ". ");
            String bare =
                    titled.indexOf('[') < 0 ? titled : MARK.matcher(titled).replaceAll("");
            return bare.replace("  ", " ");
        }
    };

    private static final Pattern MARK = Pattern.compile("\\[.*?\\]", Pattern.UNIX_LINES);

    abstract String clean(String text);
}
