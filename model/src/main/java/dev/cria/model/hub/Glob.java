package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Patterns of file names as a shell has them: {@code *}, {@code ?} and {@code [a-z]}. A star matches slashes too, as on the hub. */
final class Glob {
    private static final int LONGEST = 256;

    private final Pattern pattern;

    Glob(String glob) {
        // A folder's name means all that is in it.
        String whole = glob.endsWith("/") ? glob + "*" : glob;
        if (whole.isEmpty() || whole.length() > LONGEST) {
            throw new UserError("'" + glob + "' is no pattern of file names", "give one such as '*.safetensors'");
        }
        try {
            // Runs of stars would make matching slow, and mean the same as one.
            this.pattern = Pattern.compile(translate(whole.replaceAll("\\*+", "*")), Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            throw new UserError("'" + glob + "' is no pattern of file names", "give one such as '*.safetensors'", e);
        }
    }

    boolean matches(String path) {
        return pattern.matcher(path).matches();
    }

    private static String translate(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            int close = c == '[' ? glob.indexOf(']', i + 2) : -1;
            if (c == '*') {
                regex.append(".*");
            } else if (c == '?') {
                regex.append('.');
            } else if (close > 0) {
                String inside = glob.substring(i + 1, close).replaceAll("[\\\\\\[\\]&^]", "\\\\$0");
                regex.append('[').append(inside.startsWith("!") ? "^" + inside.substring(1) : inside);
                regex.append(']');
                i = close;
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return regex.toString();
    }
}
