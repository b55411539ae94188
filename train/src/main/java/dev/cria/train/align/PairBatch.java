package dev.cria.train.align;

import dev.cria.data.chat.EncodedConversation;
import dev.cria.data.chat.EncodedPair;
import dev.cria.model.Batch;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Whole pairs in one micro-batch: chosen, rejected, chosen, rejected, …, one after another without any padding, none of which sees another.
 *
 * @param batch the sequences; scored are the tokens that have a target
 */
public record PairBatch(Batch batch) {
    /** Lays pairs one after another. */
    public static PairBatch of(List<EncodedPair> pairs) {
        List<EncodedConversation> all = pairs.stream()
                .flatMap(pair -> Stream.of(pair.chosen(), pair.rejected()))
                .toList();
        return new PairBatch(Batch.packed(
                all.stream().mapToInt(EncodedConversation::length).toArray(),
                all.stream()
                        .flatMapToInt(each -> IntStream.of(each.ids()).limit(each.length()))
                        .toArray(),
                all.stream()
                        .flatMapToInt(each -> IntStream.of(each.targets(Batch.IGNORED)))
                        .toArray()));
    }

    /** How many pairs. */
    public int pairs() {
        return batch.lengths().length / 2;
    }

    /**
     * Log-probability of each answer given its prompt: the sum over its tokens, in nats.
     *
     * @param nll of each token, [N]
     * @return 2 a pair: chosen, rejected, chosen, rejected, …
     */
    public double[] logProbabilities(float[] nll) {
        double[] sums = new double[batch.lengths().length];
        forEachScored((n, sequence) -> sums[sequence] -= nll[n]);
        return sums;
    }

    /** Tokens of each answer, in the same order. */
    public int[] scored() {
        int[] counts = new int[batch.lengths().length];
        forEachScored((n, sequence) -> counts[sequence]++);
        return counts;
    }

    /** Takes a scored token. */
    @FunctionalInterface
    interface Scored {
        void accept(int token, int sequence);
    }

    void forEachScored(Scored scored) {
        int n = 0;
        for (int sequence = 0; sequence < batch.lengths().length; sequence++) {
            for (int end = n + batch.lengths()[sequence]; n < end; n++) {
                if (batch.targets()[n] != Batch.IGNORED) {
                    scored.accept(n, sequence);
                }
            }
        }
    }
}
