package dev.cria.text;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Encodes with models that have switched-off (UNUSED) pieces, as sentencepiece does: such a piece takes part in the merging, and is then taken
 * apart into the pair that was last seen to make it, wherever in the text that was. So the text cannot be cut, nothing can be remembered, and
 * one heap goes over all of it; such models are rare.
 */
final class ResegmentingEncoder {
    private final BpeModel model;
    private final BitSet unused;

    /** @param unused ids of the switched-off pieces */
    ResegmentingEncoder(BpeModel model, BitSet unused) {
        this.model = model;
        this.unused = (BitSet) unused.clone();
    }

    /** Appends the ids of a normalised text. */
    void encode(String text, TokenBuffer out) {
        if (!text.isEmpty()) {
            int start = out.size();
            new Run(text, out).run();
            model.fuseUnknown(start, out);
        }
    }

    private final class Run {
        private final TokenBuffer out;
        private final int[] symbols;
        private final int[] next;
        private final int[] previous;
        private final MergeHeap heap = new MergeHeap();
        private final Map<Integer, Long> madeFrom = new HashMap<>();

        Run(String text, TokenBuffer out) {
            this.out = out;
            char[] chars = text.toCharArray();
            int[] all = new int[chars.length];
            int n = model.symbols(chars, 0, chars.length, all);
            symbols = Arrays.copyOf(all, n);
            next = new int[n];
            previous = new int[n];
        }

        void run() {
            int n = symbols.length;
            for (int p = 0; p < n; p++) {
                next[p] = p + 1 < n ? p + 1 : -1;
                previous[p] = p - 1;
            }
            for (int p = 0; p + 1 < n; p++) {
                propose(p);
            }
            BitSet gone = new BitSet(n);
            while (!heap.isEmpty()) {
                int rank = heap.topRank();
                int p = heap.topPosition();
                heap.pop();
                if (gone.get(p) || next[p] < 0) {
                    continue;
                }
                long merge = model.pairs().find(symbols[p], symbols[next[p]]);
                if (merge == PairTable.NONE || PairTable.rank(merge) != rank) {
                    continue;
                }
                int right = next[p];
                symbols[p] = PairTable.merged(merge);
                gone.set(right);
                next[p] = next[right];
                if (next[p] >= 0) {
                    previous[next[p]] = p;
                }
                propose(previous[p]);
                propose(p);
            }
            for (int p = 0; p >= 0; p = next[p]) {
                emit(symbols[p]);
            }
        }

        private void propose(int p) {
            if (p < 0 || next[p] < 0) {
                return;
            }
            long merge = model.pairs().find(symbols[p], symbols[next[p]]);
            if (merge == PairTable.NONE) {
                return;
            }
            heap.push(PairTable.rank(merge), p);
            if (unused.get(PairTable.merged(merge))) {
                madeFrom.put(PairTable.merged(merge), (long) symbols[p] << 32 | symbols[next[p]]);
            }
        }

        /** Parts are shorter than their whole, so this ends; pieces are short, so it does not go deep. */
        private void emit(int symbol) {
            Long parts = symbol >= 0 && unused.get(symbol) ? madeFrom.get(symbol) : null;
            if (parts == null) {
                model.emit(symbol, out);
            } else {
                emit((int) (parts >>> 32));
                emit((int) (long) parts);
            }
        }
    }
}
