package dev.cria.text;

import org.jspecify.annotations.Nullable;

/**
 * Encodes text with a {@link BpeModel}: cuts it where no token can reach across ({@link CharacterJoins}), looks each word up in a cache,
 * and merges the words it does not know. Linear in the text's length. Holds scratch memory, so it belongs to one thread at a time; see
 * {@link EncoderPool}.
 */
final class BpeEncoder {
    /** Scratch arrays longer than this are dropped after use. */
    static final int KEEP = 1 << 20;

    /** Who has asked for that many merges is given all of them. */
    private static final int MANY_PAIRS = 20_000;

    private final BpeModel model;
    private final CharacterJoins joins;
    private final boolean[] asciiJoins;
    private final WordCache cache = new WordCache();
    private PairTable pairs;
    private ShortMerger shortMerger;
    private @Nullable LongMerger longMerger;
    private char[] chars = new char[0];
    private int length;
    private int[] symbols = new int[256];

    BpeEncoder(BpeModel model) {
        this.model = model;
        joins = model.joins();
        asciiJoins = joins.ascii();
        pairs = model.pairsForOneEncoder();
        shortMerger = new ShortMerger(pairs);
    }

    /**
     * Appends the ids of {@code text[from..to)}.
     *
     * @param spaceBefore whether a space is put in front
     */
    void encode(String text, int from, int to, boolean spaceBefore, TokenBuffer out) {
        int offset = spaceBefore ? 1 : 0;
        int n = to - from + offset;
        if (n == 0) {
            return;
        }
        if (chars.length < n) {
            chars = new char[Math.max(n, Math.min(2 * chars.length, KEEP))];
        }
        length = n;
        chars[0] = ' ';
        text.getChars(from, to, chars, offset);
        int start = out.size();
        cut(n, out);
        model.fuseUnknown(start, out);
        if (chars.length > KEEP) {
            chars = new char[0];
        }
    }

    private void cut(int n, TokenBuffer out) {
        char[] c = chars;
        boolean[] ascii = asciiJoins;
        int wordStart = 0;
        int hash = c[0];
        int previous = c[0];
        for (int i = 1; i < n; i++) {
            int current = c[i];
            boolean joined = (previous | current) < 128 ? ascii[previous << 7 | current] : joins(i);
            if (!joined) {
                word(wordStart, i, hash, out);
                wordStart = i;
                hash = 0;
            }
            hash = hash * 31 + current;
            previous = current;
        }
        word(wordStart, n, hash, out);
    }

    /** Whether a token may reach across the position before {@code chars[i]}, which is not between two ASCII characters. */
    private boolean joins(int i) {
        char left = chars[i - 1];
        char right = chars[i];
        if (!Character.isSurrogate(left) && !Character.isSurrogate(right)) {
            return joins.contains(left, right);
        }
        if (Character.isHighSurrogate(left) && Character.isLowSurrogate(right)) {
            return true;
        }
        return joins.contains(codePointBefore(i), codePointAt(i));
    }

    private int codePointBefore(int i) {
        char c = chars[i - 1];
        if (Character.isLowSurrogate(c) && i >= 2 && Character.isHighSurrogate(chars[i - 2])) {
            return Character.toCodePoint(chars[i - 2], c);
        }
        return Character.isSurrogate(c) ? 0xFFFD : c;
    }

    private int codePointAt(int i) {
        char c = chars[i];
        if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(chars[i + 1])) {
            return Character.toCodePoint(c, chars[i + 1]);
        }
        return Character.isSurrogate(c) ? 0xFFFD : c;
    }

    private void word(int from, int to, int hash, TokenBuffer out) {
        int length = to - from;
        if (length > WordCache.MAX_WORD) {
            merge(from, to, out);
        } else if (!cache.find(chars, from, length, hash, out)) {
            int start = out.size();
            merge(from, to, out);
            cache.add(chars, from, length, hash, out.array(), start, out.size() - start);
        }
    }

    private LongMerger longMerger() {
        if (longMerger == null) {
            longMerger = new LongMerger(model.pairs());
        }
        return longMerger;
    }

    private void merge(int from, int to, TokenBuffer out) {
        if (symbols.length < to - from) {
            symbols = new int[Math.max(to - from, Math.min(2 * symbols.length, KEEP))];
        }
        int n = model.symbols(chars, from, to, symbols);
        int left;
        if (n <= ShortMerger.MAX_SYMBOLS) {
            left = shortMerger.merge(symbols, n);
            if (pairs.isFilledWhenAsked() && pairs.size() > MANY_PAIRS) {
                pairs = model.pairs();
                shortMerger = new ShortMerger(pairs);
            }
        } else {
            left = longMerger().merge(symbols, n);
        }
        for (int i = 0; i < left; i++) {
            model.emit(symbols[i], out);
        }
        if (symbols.length > KEEP) {
            symbols = new int[256];
        }
    }
}
