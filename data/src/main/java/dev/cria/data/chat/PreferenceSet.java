package dev.cria.data.chat;

import dev.cria.base.UserError;
import dev.cria.data.JsonRows;
import dev.cria.data.chat.ConversationOptions.OnLong;
import dev.cria.data.chat.RowIntake.Taken;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Preference pairs in memory, as ids, in the order of their files; and how many were left out or cut, and why. Of the words only the first
 * {@value #SHOWN} pairs' are kept.
 *
 * @param pairs what is learnt from
 * @param first what was said in the first of them
 * @param faults pairs left out, by reason
 * @param cut pairs that lost the beginning of their prompt
 */
public record PreferenceSet(List<EncodedPair> pairs, List<PreferencePair> first, Map<Fault, Long> faults, long cut) {
    /** Pairs whose words are kept, to be shown. */
    private static final int SHOWN = 100;

    public PreferenceSet {
        pairs = List.copyOf(pairs);
        first = List.copyOf(first);
        faults = Map.copyOf(faults);
    }

    /**
     * Pairs in two parts.
     *
     * @param train what is left; it has the counts of both
     * @param heldOut what is held out
     */
    public record Split(PreferenceSet train, PreferenceSet heldOut) {}

    /** Reads files, or folders of files, of pairs; errors as {@link #read(List, ChatEncoder, ConversationOptions, double)}. */
    public static PreferenceSet read(List<Path> paths, ChatEncoder encoder, ConversationOptions options) {
        return read(paths, encoder, options, 0).train();
    }

    /**
     * Reads files, or folders of files, of pairs, and parts some off for validation: which side a pair falls on is decided by its prompt alone,
     * so that no question is on both.
     *
     * @param options what becomes of bad pairs and long ones; {@code OnLong.CUT} takes whole exchanges from the beginning of the prompt
     * @param fraction share to hold out; where it is over 0 and there are two pairs, at least one is held out and one kept
     * @throws UserError if there are none, none that can be learnt from, or a bad one where that is to stop the run
     */
    public static Split read(List<Path> paths, ChatEncoder encoder, ConversationOptions options, double fraction) {
        Part train = new Part();
        Part held = new Part();
        RowIntake<Shown> intake = new RowIntake<>(
                "pair",
                options,
                row -> take(row, encoder, options),
                each -> (each.encoded().place() < fraction ? held : train).add(each));
        intake.read(paths);
        if (train.pairs.isEmpty() && held.pairs.isEmpty()) {
            List<String> why = RowIntake.notices(intake.faults(), intake.cut());
            throw new UserError(
                    "there is no preference pair to learn from in " + paths
                            + (why.isEmpty() ? "" : ": " + String.join(", ", why)),
                    "a row is {\"prompt\": …, \"chosen\": …, \"rejected\": …}, texts or lists of messages, or in another known layout");
        }
        if (fraction > 0 && held.pairs.isEmpty()) {
            train.giveOne(held);
        } else if (train.pairs.isEmpty()) {
            held.giveOne(train);
        }
        return new Split(
                new PreferenceSet(train.pairs, train.first, intake.faults(), intake.cut()),
                new PreferenceSet(held.pairs, held.first, Map.of(), 0));
    }

    private record Shown(PreferencePair pair, EncodedPair encoded) {}

    private static final class Part {
        private final List<EncodedPair> pairs = new ArrayList<>();
        private final List<PreferencePair> first = new ArrayList<>();

        void add(Shown each) {
            pairs.add(each.encoded());
            if (first.size() < SHOWN) {
                first.add(each.pair());
            }
        }

        /** Hands over its last pair, unless it is the only one. */
        void giveOne(Part other) {
            if (pairs.size() < 2) {
                return;
            }
            other.pairs.add(pairs.removeLast());
            if (first.size() > pairs.size()) {
                other.first.add(first.removeLast());
            }
        }
    }

    private static Taken<Shown> take(JsonRows.Row row, ChatEncoder encoder, ConversationOptions options) {
        Optional<PreferencePair> pair = PreferenceLayout.read(row.value(), row.source());
        Optional<Fault> fault = pair.map(PreferencePair::fault).orElse(Optional.of(Fault.UNKNOWN_LAYOUT));
        return fault.isPresent()
                ? Taken.refused(fault.get(), row.source())
                : encode(pair.get(), encoder, options, false);
    }

    private static Taken<Shown> encode(
            PreferencePair pair, ChatEncoder encoder, ConversationOptions options, boolean cut) {
        Optional<EncodedPair> encoded = encoded(pair, encoder);
        if (encoded.isEmpty()) {
            return Taken.refused(Fault.NOT_RENDERED, pair.source());
        }
        if (Arrays.equals(encoded.get().chosen().ids(), encoded.get().rejected().ids())) {
            return Taken.refused(Fault.EQUAL_ANSWERS, pair.source()); // by a template that strips, for instance
        }
        if (encoded.get().longest() <= options.context()) {
            return Taken.of(new Shown(pair, encoded.get()), pair.source(), cut);
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

    /** Tokens of all pairs. */
    public long tokens() {
        return pairs.stream().mapToLong(EncodedPair::tokens).sum();
    }

    /** Tokens that are scored. */
    public long scoredTokens() {
        return pairs.stream().mapToLong(EncodedPair::scored).sum();
    }

    /** SHA-256, in hex, of all ids and what is scored of them, in their order. */
    public String fingerprint() {
        return EncodedConversation.fingerprint(
                pairs.stream().flatMap(pair -> Stream.of(pair.chosen(), pair.rejected())));
    }
}
