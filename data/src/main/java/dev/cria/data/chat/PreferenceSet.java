package dev.cria.data.chat;

import dev.cria.base.UserError;
import dev.cria.data.JsonRows;
import dev.cria.data.chat.ConversationOptions.OnLong;
import dev.cria.data.chat.RowIntake.Taken;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Preference pairs as ids, in the order of their files, outside the heap; and how many were left out or cut, and why. Of the words only the first
 * {@value SetPart#SHOWN} pairs' are kept.
 *
 * @param pairs what is learnt from; each is made anew when it is asked for
 * @param first what was said in the first of them
 * @param tokens tokens of all pairs
 * @param scoredTokens tokens that are scored
 * @param faults pairs left out, by reason
 * @param cut pairs that lost the beginning of their prompt
 */
public record PreferenceSet(
        List<EncodedPair> pairs,
        List<PreferencePair> first,
        long tokens,
        long scoredTokens,
        Map<Fault, Long> faults,
        long cut) {
    public PreferenceSet {
        pairs = Collections.unmodifiableList(pairs);
        first = List.copyOf(first);
        faults = Map.copyOf(faults);
    }

    /**
     * Pairs in two parts.
     *
     * @param train what is left
     * @param heldOut what is held out
     */
    public record Split(PreferenceSet train, PreferenceSet heldOut) {}

    /** Reads files, or folders of files, of pairs; errors as {@link #read(List, ChatEncoder, ConversationOptions, double, ReadingListener)}. */
    public static PreferenceSet read(List<Path> paths, ChatEncoder encoder, ConversationOptions options) {
        return read(paths, encoder, options, 0, ReadingListener.NONE).train();
    }

    /**
     * Reads files, or folders of files, of pairs, and parts some off for validation: which side a pair falls on is decided by its prompt alone,
     * so that no question is on both.
     *
     * @param options what becomes of bad pairs and long ones; {@code OnLong.CUT} takes whole exchanges from the beginning of the prompt
     * @param fraction share to hold out; where it is over 0 and there are two pairs, at least one is held out and one kept
     * @return two parts with the counts of both
     * @throws UserError if there are none, none that can be learnt from, or a bad one where that is to stop the run
     */
    public static Split read(
            List<Path> paths,
            ChatEncoder encoder,
            ConversationOptions options,
            double fraction,
            ReadingListener listener) {
        PairStore trainStore = new PairStore();
        PairStore heldStore = new PairStore();
        SetPart<EncodedPair, PreferencePair> train = new SetPart<>(trainStore);
        SetPart<EncodedPair, PreferencePair> held = new SetPart<>(heldStore);
        RowIntake<Both> intake = new RowIntake<>(
                "pair",
                options,
                row -> take(row, encoder, options),
                each -> (each.encoded().place() < fraction ? held : train).add(each.encoded(), each.pair()));
        intake.read(paths, listener);
        if (train.isEmpty() && held.isEmpty()) {
            List<String> why = RowIntake.notices(intake.faults(), intake.cut());
            throw new UserError(
                    "there is no preference pair to learn from in " + paths
                            + (why.isEmpty() ? "" : ": " + String.join(", ", why)),
                    "a row is {\"prompt\": …, \"chosen\": …, \"rejected\": …}, texts or lists of messages, or in another known layout");
        }
        SetPart.balance(train, held, fraction);
        return new Split(set(trainStore, train, intake), set(heldStore, held, intake));
    }

    private static PreferenceSet set(PairStore store, SetPart<EncodedPair, PreferencePair> part, RowIntake<?> intake) {
        return new PreferenceSet(
                store, part.first(), store.tokens(), store.scoredTokens(), intake.faults(), intake.cut());
    }

    private record Both(PreferencePair pair, EncodedPair encoded) {}

    private static Taken<Both> take(JsonRows.Row row, ChatEncoder encoder, ConversationOptions options) {
        Optional<PreferencePair> pair = PreferenceLayout.read(row.value(), row.source());
        Optional<Fault> fault = pair.map(PreferencePair::fault).orElse(Optional.of(Fault.UNKNOWN_LAYOUT));
        return fault.isPresent()
                ? Taken.refused(fault.get(), row.source())
                : encode(pair.get(), encoder, options, false);
    }

    private static Taken<Both> encode(
            PreferencePair pair, ChatEncoder encoder, ConversationOptions options, boolean cut) {
        Optional<EncodedPair> encoded = encoded(pair, encoder);
        if (encoded.isEmpty()) {
            return Taken.refused(Fault.NOT_RENDERED, pair.source());
        }
        if (Arrays.equals(encoded.get().chosen().ids(), encoded.get().rejected().ids())) {
            return Taken.refused(Fault.EQUAL_ANSWERS, pair.source()); // by a template that strips, for instance
        }
        if (encoded.get().longest() <= options.context()) {
            return Taken.of(new Both(pair, encoded.get()), pair.source(), cut);
        }
        Optional<PreferencePair> shorter =
                options.onLong() == OnLong.CUT ? pair.withoutFirstExchange() : Optional.empty();
        return shorter.isEmpty()
                ? Taken.refused(Fault.TOO_LONG, pair.source())
                : encode(shorter.get(), encoder, options, true);
    }

    private static Optional<EncodedPair> encoded(PreferencePair pair, ChatEncoder encoder) {
        try {
            int first = pair.prompt().size();
            return encoder.encode(pair.chosenConversation(), first)
                    .flatMap(chosen -> encoder.encode(pair.rejectedConversation(), first)
                            .map(rejected -> new EncodedPair(chosen.trimmed(), rejected.trimmed())));
        } catch (UserError e) { // such as a template that knows no system message
            return Optional.empty();
        }
    }

    /** What was left out and cut, in words; nothing where nothing was. */
    public List<String> notices() {
        return RowIntake.notices(faults, cut);
    }

    /** SHA-256, in hex, of all ids and what is scored of them, in their order. */
    public String fingerprint() {
        return EncodedConversation.fingerprint(
                pairs.stream().flatMap(pair -> Stream.of(pair.chosen(), pair.rejected())));
    }
}
