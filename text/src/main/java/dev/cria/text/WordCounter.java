package dev.cria.text;

/** Cuts documents into lines and lines into words, where no piece may reach across a cut, and counts words and characters. */
final class WordCounter {
    /** Longer stretches without a cut are cut here; the few pairs lost do not matter, and memory stays bounded. */
    private static final int MAX_WORD = 256;

    private final TrainerOptions options;
    private final PieceRules rules;
    private final WordTable words;
    private final long[] characters = new long[Character.MAX_CODE_POINT + 1];
    private final byte[] asciiCuts = new byte[128 * 128]; // 0: not asked yet, 1: cut, 2: no cut
    private char[] line = new char[1 << 12];

    WordCounter(TrainerOptions options, PieceRules rules) {
        this.options = options;
        this.rules = rules;
        words = new WordTable(options.maxWords());
    }

    WordTable words() {
        return words;
    }

    /** How often each code point occurs. */
    long[] characters() {
        return characters;
    }

    void add(String document) {
        boolean first = true;
        for (int from = 0; from < document.length(); ) {
            int end = document.indexOf('\n', from);
            end = end < 0 ? document.length() : end;
            int to = end > from && document.charAt(end - 1) == '\r' ? end - 1 : end;
            if (to > from) {
                addLine(document, from, to, options.addDummyPrefix() && (first || options.prefixEveryLine()));
            }
            first = false;
            from = end + 1;
        }
    }

    private void addLine(String text, int from, int to, boolean prefix) {
        int offset = prefix ? 1 : 0;
        int n = to - from + offset;
        if (line.length < n) {
            line = new char[Math.max(n, 2 * line.length)];
        }
        line[0] = BpeModel.SPACE_MARK;
        text.getChars(from, to, line, offset);
        for (int i = offset; i < n; i++) {
            if (line[i] == ' ') {
                line[i] = BpeModel.SPACE_MARK;
            }
        }
        int start = 0;
        int previous = -1;
        for (int i = 0; i < n; ) {
            int c = codePoint(i, n);
            if (previous >= 0 && (i - start >= MAX_WORD || cut(previous, c))) {
                words.add(line, start, i, WordTable.hash(line, start, i), 1);
                start = i;
            }
            characters[c]++;
            previous = c;
            i += Character.charCount(c);
        }
        words.add(line, start, n, WordTable.hash(line, start, n), 1);
        if (line.length > 1 << 20) {
            line = new char[1 << 12];
        }
    }

    /** A lone surrogate counts as U+FFFD, and is made that in the line too. */
    private int codePoint(int i, int n) {
        char c = line[i];
        if (!Character.isSurrogate(c)) {
            return c;
        }
        if (Character.isHighSurrogate(c) && i + 1 < n && Character.isLowSurrogate(line[i + 1])) {
            return Character.toCodePoint(c, line[i + 1]);
        }
        line[i] = '\uFFFD';
        return 0xFFFD;
    }

    private boolean cut(int left, int right) {
        if ((left | right) >= 128) {
            return rules.cutBetween(left, right);
        }
        int at = left * 128 + right;
        if (asciiCuts[at] == 0) {
            asciiCuts[at] = (byte) (rules.cutBetween(left, right) ? 1 : 2);
        }
        return asciiCuts[at] == 1;
    }
}
