package dev.cria.train;

import dev.cria.base.MalformedFileException;
import dev.cria.data.chat.EncodedPair;
import dev.cria.data.chat.PreferenceSet;
import dev.cria.train.align.PairBatch;
import dev.cria.train.align.PairPacking;
import dev.cria.train.align.PreferenceSettings;
import dev.cria.train.align.ReferenceLogProbs;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Pairs by number, those to learn from before those held out, with what the starting model thinks of them; and the micro-batches they make. */
final class ReferencedPairs {
    private final PreferenceSettings settings;
    private final PreferenceSet train;
    private final PreferenceSet heldOut;
    private @Nullable ReferenceLogProbs reference;

    ReferencedPairs(PreferenceSettings settings, PreferenceSet train, PreferenceSet heldOut) {
        this.settings = settings;
        this.train = train;
        this.heldOut = heldOut;
    }

    /** All pairs; nothing is copied. */
    private final class All extends AbstractList<EncodedPair> implements RandomAccess {
        @Override
        public EncodedPair get(int number) {
            int count = train.pairs().size();
            return number < count ? train.pairs().get(number) : heldOut.pairs().get(number - count);
        }

        @Override
        public int size() {
            return train.pairs().size() + heldOut.pairs().size();
        }
    }

    /**
     * Looks at what an earlier run was told by the starting model.
     *
     * @param model what tells the starting model from others: by name, what its answers depend on
     * @return what is still to be asked; nothing where all is known
     */
    Optional<StartingModelTask> open(RunDirectory directory, Map<String, String> model, TrainListener listener) {
        Map<String, String> made = new TreeMap<>(model);
        made.put("pairs", train.fingerprint());
        made.put("held_out", heldOut.fingerprint());
        List<EncodedPair> all = new All();
        ReferenceLogProbs known;
        try {
            known = new ReferenceLogProbs(directory.reference(), made, all);
        } catch (MalformedFileException e) {
            listener.onWarning(e.getMessage() + ": the starting model is asked again");
            directory.deleteReference();
            known = new ReferenceLogProbs(directory.reference(), made, all);
        }
        reference = known;
        if (known.isComplete()) {
            listener.onNotice("reference: what the starting model thinks of the %,d pairs is known from %s"
                    .formatted(all.size(), directory.reference()));
            return Optional.empty();
        }
        ReferenceLogProbs open = known;
        return Optional.of((start, capacity, told, stop) -> open.complete(start, capacity, told::onReference, stop));
    }

    /** A pair and its number. */
    private record Numbered(EncodedPair pair, int number) {}

    /**
     * Micro-batches of pairs, in order.
     *
     * @param capacity most tokens of one
     */
    Stream<MicroBatch> batches(IntStream numbers, int capacity) {
        List<EncodedPair> all = new All();
        List<Numbered> pairs = numbers.mapToObj(number -> new Numbered(all.get(number), number))
                .toList();
        return PairPacking.cut(pairs, each -> each.pair().tokens(), capacity).stream()
                .map(this::batch);
    }

    private MicroBatch batch(List<Numbered> pairs) {
        ReferenceLogProbs known = reference;
        if (known == null) {
            throw new IllegalStateException("the starting model was not asked");
        }
        double[] answers = pairs.stream()
                .flatMapToDouble(each -> Arrays.stream(known.of(each.number())))
                .toArray();
        return new PairMicroBatch(
                PairBatch.of(pairs.stream().map(Numbered::pair).toList()), answers, settings);
    }
}
