package dev.cria.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/**
 * Grows pieces: merges the most frequent pair of neighbouring symbols everywhere, again and again (Sennrich et al., arXiv 1508.07909).
 * Only the words that hold the pair are touched. The queue is lazy: counts that fell are noticed when their turn comes.
 */
final class PieceMerger {
    private final PieceRules rules;
    private final List<String> symbols = new ArrayList<>();
    private final Map<String, Integer> symbolsByText = new HashMap<>();
    private final PairCounts pairs = new PairCounts();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>(this::compare);
    private final List<String> pieces = new ArrayList<>();

    // Word w is word[start[w] .. start[w] + length[w]); -1 is a character without a piece.
    private final int[] word;
    private final int[] start;
    private final int[] length;
    private final long[] counts;

    private int[] grown = new int[64]; // pairs that the present merge made more frequent
    private int grownCount;
    private int[] lastGrown = new int[64]; // number of the merge that last did so, for each pair
    private int mergeNumber;

    /** A pair with the count it had when it was put in the queue. */
    private record Candidate(long count, int pair) {}

    /** The most frequent first; of equals the shorter, then by the text. */
    private int compare(Candidate a, Candidate b) {
        if (a.count() != b.count()) {
            return a.count() > b.count() ? -1 : 1;
        }
        if (a.pair() == b.pair()) {
            return 0;
        }
        String textA = text(a.pair());
        String textB = text(b.pair());
        int byLength = Integer.compare(textA.length(), textB.length());
        int byText = byLength != 0 ? byLength : textA.compareTo(textB);
        return byText != 0 ? byText : Integer.compare(a.pair(), b.pair());
    }

    private String text(int pair) {
        return symbols.get(pairs.left(pair)).concat(symbols.get(pairs.right(pair)));
    }

    /** @param characters the characters that have a piece */
    PieceMerger(PieceRules rules, WordTable table, List<String> characters) {
        this.rules = rules;
        characters.forEach(this::symbol);
        start = new int[table.size()];
        length = new int[table.size()];
        counts = new long[table.size()];
        long total = 0;
        for (int w = 0; w < table.size(); w++) {
            total += table.length(w);
        }
        word = new int[Math.toIntExact(total)];
        int at = 0;
        for (int w = 0; w < table.size(); w++) {
            String text = table.text(w);
            start[w] = at;
            counts[w] = table.count(w);
            for (int i = 0; i < text.length(); ) {
                int c = text.codePointAt(i);
                Integer symbol = symbolsByText.get(Character.toString(c));
                word[at++] = symbol == null ? -1 : symbol;
                i += Character.charCount(c);
            }
            length[w] = at - start[w];
        }
    }

    private int symbol(String text) {
        return symbolsByText.computeIfAbsent(text, t -> {
            symbols.add(t);
            return symbols.size() - 1;
        });
    }

    /**
     * Merges until there are {@code wanted} pieces, or nothing is left to merge.
     *
     * @param progress is told the number of pieces so far, now and then
     * @return the pieces, the most frequent first
     */
    List<String> grow(int wanted, IntConsumer progress) {
        for (int w = 0; w < start.length; w++) {
            for (int i = start[w]; i + 1 < start[w] + length[w]; i++) {
                count(i, w, counts[w]);
            }
        }
        for (int pair = 0; pair < pairs.size(); pair++) {
            enqueue(pair);
        }
        while (pieces.size() < wanted && !queue.isEmpty()) {
            Candidate best = queue.poll();
            long now = pairs.count(best.pair());
            if (now != best.count()) {
                if (now > 0 && now < best.count()) {
                    queue.add(new Candidate(now, best.pair()));
                }
                continue;
            }
            merge(best.pair());
            if (pieces.size() % 64 == 0) {
                progress.accept(pieces.size());
            }
        }
        return List.copyOf(pieces);
    }

    private void enqueue(int pair) {
        long count = pairs.count(pair);
        if (count <= 0) {
            return;
        }
        if (rules.allows(text(pair))) {
            queue.add(new Candidate(count, pair));
        }
    }

    private void merge(int pair) {
        String text = text(pair);
        if (!symbolsByText.containsKey(text)) { // else another pair has made the same piece before
            pieces.add(text);
        }
        int merged = symbol(text);
        int left = pairs.left(pair);
        int right = pairs.right(pair);
        mergeNumber++;
        grownCount = 0;
        for (int w : pairs.takeWords(pair)) {
            mergeIn(w, left, right, merged);
        }
        for (int i = 0; i < grownCount; i++) {
            enqueue(grown[i]);
        }
    }

    private void mergeIn(int w, int left, int right, int merged) {
        int from = start[w];
        int to = from + length[w];
        long count = counts[w];
        int out = from;
        for (int i = from; i < to; i++) {
            if (i + 1 < to && word[i] == left && word[i + 1] == right) {
                // The neighbours' pairs go, and come back with the merged symbol. What lies left of `out` is already
                // rewritten.
                if (out > from) {
                    uncount(word[out - 1], left, count);
                }
                if (i + 2 < to
                        && !(right == left && word[i + 2] == right)) { // the merged pair itself counts nothing any more
                    uncount(right, word[i + 2], count);
                }
                word[out] = merged;
                if (out > from) {
                    recount(word[out - 1], merged, w, count);
                }
                if (i + 2 < to) {
                    recount(merged, word[i + 2], w, count);
                }
                i++;
            } else {
                word[out] = word[i];
            }
            out++;
        }
        length[w] = out - from;
    }

    private void count(int i, int w, long by) {
        if (word[i] >= 0 && word[i + 1] >= 0) {
            int pair = pairs.pair(word[i], word[i + 1]);
            pairs.change(pair, by);
            pairs.addWord(pair, w);
        }
    }

    private void uncount(int left, int right, long by) {
        if (left >= 0 && right >= 0) {
            pairs.change(pairs.pair(left, right), -by);
        }
    }

    private void recount(int left, int right, int w, long by) {
        if (left >= 0 && right >= 0) {
            int pair = pairs.pair(left, right);
            pairs.change(pair, by);
            pairs.addWord(pair, w);
            noteGrown(pair);
        }
    }

    private void noteGrown(int pair) {
        if (pair >= lastGrown.length) {
            lastGrown = Arrays.copyOf(lastGrown, Math.max(2 * lastGrown.length, pair + 1));
        }
        if (lastGrown[pair] == mergeNumber) {
            return;
        }
        lastGrown[pair] = mergeNumber;
        if (grownCount == grown.length) {
            grown = Arrays.copyOf(grown, 2 * grownCount);
        }
        grown[grownCount++] = pair;
    }
}
