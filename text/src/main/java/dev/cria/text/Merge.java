package dev.cria.text;

import java.util.Comparator;
import java.util.function.IntUnaryOperator;

/** Two symbols that become one; the lowest rank first. */
record Merge(int left, int right, int rank, int merged) {
    /**
     * The order in which a tokenizer.json lists merges. SentencePiece gives all pairs of a piece, and pieces of equal score, the same rank; the
     * converters of Hugging Face then put longer parts first.
     *
     * @param length number of characters of a symbol
     */
    static Comparator<Merge> order(IntUnaryOperator length) {
        return Comparator.comparingInt(Merge::rank)
                .thenComparingInt(m -> -length.applyAsInt(m.left()))
                .thenComparingInt(m -> -length.applyAsInt(m.right()))
                .thenComparingInt(Merge::merged)
                .thenComparingInt(Merge::left)
                .thenComparingInt(Merge::right);
    }
}
