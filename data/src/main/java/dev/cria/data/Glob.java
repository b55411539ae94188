package dev.cria.data;

import dev.cria.base.UserError;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A pattern for paths with {@code /}: {@code *} is anything within a name, {@code ?} one character, {@code **} anything across folders,
 * {@code {a,b}} a choice, {@code [a-z]} a set. A leading {@code **}{@code /} also stands for no folder. A pattern without {@code /} is held
 * against the last name of the path.
 */
final class Glob {
    private final Pattern pattern;
    private final boolean nameOnly;

    Glob(String glob) {
        this.nameOnly = glob.indexOf('/') < 0;
        try {
            this.pattern = Pattern.compile(translate(glob));
        } catch (PatternSyntaxException e) {
            throw new UserError(
                    "the glob \"" + glob + "\" is not well formed", "look for a bracket that is not closed", e);
        }
    }

    boolean matches(String path) {
        return pattern.matcher(nameOnly ? path.substring(path.lastIndexOf('/') + 1) : path)
                .matches();
    }

    /** Whether a path passes: it matches one of {@code include}, or there are none, and it matches none of {@code exclude}. */
    static boolean passes(String path, List<Glob> include, List<Glob> exclude) {
        return (include.isEmpty() || include.stream().anyMatch(glob -> glob.matches(path)))
                && exclude.stream().noneMatch(glob -> glob.matches(path));
    }

    private static String translate(String glob) {
        StringBuilder regex = new StringBuilder();
        int braces = 0;
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            switch (c) {
                case '*' -> {
                    if (glob.startsWith("**/", i)) {
                        regex.append("(?:.*/)?");
                        i += 2;
                    } else if (glob.startsWith("**", i)) {
                        regex.append(".*");
                        i++;
                    } else {
                        regex.append("[^/]*");
                    }
                }
                case '?' -> regex.append("[^/]");
                case '{' -> {
                    regex.append("(?:");
                    braces++;
                }
                case '}' -> {
                    regex.append(braces > 0 ? ")" : "\\}");
                    braces = Math.max(0, braces - 1);
                }
                case ',' -> regex.append(braces > 0 ? "|" : ",");
                case '[' -> {
                    int end = glob.indexOf(']', i + 2);
                    if (end < 0) {
                        throw new PatternSyntaxException("unclosed", glob, i);
                    }
                    String set = glob.substring(i + 1, end)
                            .replace("\\", "\\\\")
                            .replace("[", "\\[")
                            .replace("&", "\\&");
                    regex.append('[')
                            .append(set.startsWith("!") ? "^" + set.substring(1) : set)
                            .append(']');
                    i = end;
                }
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return regex.toString();
    }
}
