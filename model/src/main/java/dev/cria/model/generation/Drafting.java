package dev.cria.model.generation;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** The drafts of one generation: how many guesses are asked for, and how many were right. */
final class Drafting {
    private static final int FIRST = 4;

    private final Optional<DraftOptions> options;
    private final Sampler sampler;
    private int next;
    private int passes;
    private int drafted;
    private int accepted;

    Drafting(Optional<DraftOptions> options, SamplingOptions sampling) {
        this.options = options;
        this.sampler = new Sampler(sampling, "draft");
        this.next = options.map(o -> Math.min(FIRST, o.most())).orElse(0);
    }

    /** Whether nobody guesses. */
    boolean isOff() {
        return options.isEmpty();
    }

    /**
     * Guesses what follows.
     *
     * @param context all tokens so far
     * @param seen their ids, and those that the context has forgotten
     * @param room most guesses that could be of use
     */
    List<Guess> guess(int[] context, BitSet seen, int room) {
        int most = Math.min(next, room);
        if (options.isEmpty() || most < 1) {
            return List.of();
        }
        return options.get().source().guess(context, most, new Guesser(sampler, (BitSet) seen.clone()));
    }

    /** Takes in a pass: so many guesses, so many of them right. */
    void passed(int guesses, int right) {
        passes++;
        drafted += guesses;
        accepted += right;
        if (guesses > 0) {
            int most = options.map(DraftOptions::most).orElse(0);
            next = right == guesses
                    ? Math.min(most, Math.max(next, guesses + 2))
                    : Math.max(1, Math.min(next - 1, right + 2));
        }
    }

    /** Takes in a pass that only read again. */
    void reread() {
        passes++;
    }

    DraftStatistics statistics() {
        return new DraftStatistics(passes, drafted, accepted);
    }
}
