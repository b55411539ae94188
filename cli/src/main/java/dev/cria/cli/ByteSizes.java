package dev.cria.cli;

import dev.cria.base.UserError;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as a person types them. */
final class ByteSizes {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,18})\\s*(K|M|G|T)?B?");
    private static final String UNITS = "KMGT";

    private ByteSizes() {}

    /**
     * Bytes of a size such as {@code 500MB} or {@code 5GB}, in powers of 1000.
     *
     * @throws UserError if it is none, naming the option
     */
    static long parse(String option, String text) {
        Matcher matcher = SIZE.matcher(text.strip().toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new UserError(option + " is '" + text + "', which is no size", "give one such as 500MB or 5GB");
        }
        long bytes = Long.parseLong(matcher.group(1));
        int unit = matcher.group(2) == null ? -1 : UNITS.indexOf(matcher.group(2));
        for (int i = 0; i <= unit; i++) {
            if (bytes > Long.MAX_VALUE / 1000) {
                throw new UserError(option + " is '" + text + "', which is too large", "give one such as 5GB");
            }
            bytes *= 1000;
        }
        return bytes;
    }
}
