package dev.cria.eval.task;

import dev.cria.eval.metric.PythonText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What happens to a generated text before it is measured.
 *
 * @param name results name a metric {@code metric,name}
 * @param steps in order
 */
record TextFilter(String name, List<Step> steps) {
    /** Nothing happens. */
    static final TextFilter NONE = new TextFilter("none", List.of());

    TextFilter {
        steps = List.copyOf(steps);
    }

    String apply(String text) {
        String filtered = text;
        for (Step step : steps) {
            filtered = step.apply(filtered);
        }
        return filtered;
    }

    /** One step. */
    @FunctionalInterface
    interface Step {
        String apply(String text);
    }

    /**
     * What a regular expression finds: the match of this number (negative: from the end), of that its first group that is not empty, or
     * the whole where there are no groups; without white space around it.
     *
     * @param otherwise where nothing is found
     */
    record Find(Pattern pattern, int match, String otherwise) implements Step {
        @Override
        public String apply(String text) {
            Matcher matcher = pattern.matcher(text);
            List<Optional<String>> found = new ArrayList<>();
            while (matcher.find()) {
                found.add(value(matcher));
            }
            int index = match < 0 ? found.size() + match : match;
            if (index < 0 || index >= found.size()) {
                return otherwise;
            }
            return PythonText.strip(found.get(index).orElse(otherwise));
        }

        /** With one group it may be empty; of several the first that is not. */
        private static Optional<String> value(Matcher matcher) {
            int groups = matcher.groupCount();
            if (groups == 0) {
                return Optional.of(matcher.group());
            }
            if (groups == 1) {
                String only = matcher.group(1);
                return Optional.of(only == null ? "" : only);
            }
            for (int i = 1; i <= groups; i++) {
                String group = matcher.group(i);
                if (group != null && !group.isEmpty()) {
                    return Optional.of(group);
                }
            }
            return Optional.empty();
        }
    }

    /** InstructEval: each line's indentation rounded up to a multiple of two spaces. */
    static String evenIndents(String text) {
        StringBuilder out = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            int spaces = 0;
            while (spaces < line.length() && line.charAt(spaces) == ' ') {
                spaces++;
            }
            out.append(spaces % 2 == 0 ? "" : " ").append(line).append('\n');
        }
        return out.substring(0, out.length() - 1);
    }

    /** InstructEval: the text without line feeds before it, up to the first blank line. */
    static String firstBlock(String text) {
        int from = 0;
        while (from < text.length() && text.charAt(from) == '\n') {
            from++;
        }
        int blank = text.indexOf("\n\n", from);
        return text.substring(from, blank < 0 ? text.length() : blank);
    }
}
