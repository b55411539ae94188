package dev.cria.text.jinja;

/** Python's find, rfind, index, rindex and count; places are counted in code points. */
final class StringSearch {
    private StringSearch() {}

    static long call(Run run, String text, String name, Arguments arguments) {
        Arguments.Bound bound = arguments.bind(name + "()", "sub", "start", "end");
        String wanted = bound.text(0);
        int length = Strings.length(text);
        long start = clip(bound.integer(1, 0), length);
        long end = clip(bound.integer(2, length), length);
        if (start > end) {
            return miss(name);
        }
        int from = text.offsetByCodePoints(0, (int) start);
        int to = text.offsetByCodePoints(0, (int) end);
        String part = from == 0 && to == text.length() ? text : text.substring(from, to);
        if (name.equals("count")) {
            return count(run, part, wanted);
        }
        int at = name.startsWith("r") ? lastIndexOf(run, part, wanted) : Strings.indexOf(run, part, wanted, 0);
        return at < 0 ? miss(name) : start + part.codePointCount(0, at);
    }

    private static long clip(long index, int length) {
        return Math.max(0, Math.min(length, index < 0 ? Math.max(index, -1L - length) + length : index));
    }

    private static long miss(String name) {
        if (name.endsWith("index")) {
            throw new JinjaException(name + "(): the text does not hold it");
        }
        return name.equals("count") ? 0 : -1;
    }

    private static long count(Run run, String text, String wanted) {
        if (wanted.isEmpty()) {
            return Strings.length(text) + 1L;
        }
        long count = 0;
        for (int at = Strings.indexOf(run, text, wanted, 0);
                at >= 0;
                at = Strings.indexOf(run, text, wanted, at + wanted.length())) {
            count++;
        }
        return count;
    }

    /** The last place, by searching for the reversed text in the reversed text. */
    static int lastIndexOf(Run run, String text, String wanted) {
        run.make(text.length());
        String reversed = new StringBuilder(text).reverse().toString();
        String pattern = new StringBuilder(wanted).reverse().toString();
        int at = Strings.indexOf(run, reversed, pattern, 0);
        return at < 0 ? -1 : text.length() - at - wanted.length();
    }
}
