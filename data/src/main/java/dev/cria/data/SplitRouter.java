package dev.cria.data;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Gives each document to train or to validation by a keyed hash of its text, so that its side does not depend on order, threads or on the
 * other documents. Two cares for small corpora: train is never left empty for validation's sake; and where no hash falls below the
 * fraction, the document with the least hash is held out after all, given at least {@value #MINIMUM_TO_HOLD_OUT} documents. For that the
 * candidate waits in memory; once any document has gone to validation there is none.
 */
final class SplitRouter {
    static final int MINIMUM_TO_HOLD_OUT = 4;

    /** Where documents of one side go. */
    interface Sink {
        void write(int[] ids, int from, int to, long bytes) throws IOException;
    }

    private record Waiting(int[] ids, long bytes, long hash) {
        void to(Sink sink) throws IOException {
            sink.write(ids, 0, ids.length, bytes);
        }
    }

    private final double fraction;
    private final long key;
    private final Sink train;
    private final Sink validation;
    private long trainDocuments;
    private boolean validated;
    /** For validation, while train has nothing. */
    private @Nullable Waiting first;
    /** For train, but first to be held out. */
    private @Nullable Waiting candidate;

    SplitRouter(Manifest.SplitRule rule, Sink train, Sink validation) {
        this.fraction = rule.validationFraction();
        this.key = IndexPermutation.mix(rule.seed());
        this.train = train;
        this.validation = validation;
    }

    /** Routes the document {@code ids[from..to-1]} whose text has this hash. */
    void accept(int[] ids, int from, int to, long bytes, long textHash) throws IOException {
        long hash = IndexPermutation.mix(textHash ^ key) >>> 11;
        if (hash * 0x1p-53 < fraction) {
            if (trainDocuments == 0 && first == null) {
                first = new Waiting(Arrays.copyOfRange(ids, from, to), bytes, hash);
            } else {
                validation.write(ids, from, to, bytes);
                validated = true;
                settleCandidate();
            }
            return;
        }
        trainDocuments++;
        if (first != null) {
            first.to(validation);
            first = null;
            validated = true;
        }
        if (validated || fraction == 0) {
            settleCandidate();
            train.write(ids, from, to, bytes);
        } else if (candidate == null || hash < candidate.hash()) {
            settleCandidate();
            candidate = new Waiting(Arrays.copyOfRange(ids, from, to), bytes, hash);
        } else {
            train.write(ids, from, to, bytes);
        }
    }

    /** Places what still waits. */
    void finish() throws IOException {
        if (first != null) {
            // Every document fell to validation: the first is trained on.
            first.to(train);
            first = null;
        }
        if (candidate != null && trainDocuments >= MINIMUM_TO_HOLD_OUT) {
            candidate.to(validation);
            candidate = null;
        }
        settleCandidate();
    }

    private void settleCandidate() throws IOException {
        if (candidate != null) {
            candidate.to(train);
            candidate = null;
        }
    }
}
