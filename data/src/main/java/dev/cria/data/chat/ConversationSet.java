package dev.cria.data.chat;

import dev.cria.base.UserError;
import dev.cria.data.JsonRows;
import dev.cria.data.chat.ConversationOptions.OnBad;
import dev.cria.data.chat.ConversationOptions.OnLong;
import dev.cria.text.ChatMessage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Conversations in memory, as ids, in the order of their files; and how many were left out or cut, and why.
 *
 * @param conversations what is learnt from
 * @param messages what was said in each, after cutting
 * @param faults conversations left out, by reason
 * @param cut conversations whose last turns were left out
 */
public record ConversationSet(
        List<EncodedConversation> conversations, List<Conversation> messages, Map<Fault, Long> faults, long cut) {
    private static final int AT_ONCE = 4096;

    public ConversationSet {
        conversations = List.copyOf(conversations);
        messages = List.copyOf(messages);
        faults = Map.copyOf(faults);
    }

    /**
     * Reads files, or folders of files, of conversations.
     *
     * @throws UserError if there are none, none that can be learnt from, or a bad one where that is to stop the run
     */
    public static ConversationSet read(List<Path> paths, ChatEncoder encoder, ConversationOptions options) {
        Reading reading = new Reading(encoder, options);
        for (Path path : paths) {
            for (Path file : JsonRows.files(path)) {
                JsonRows.read(file, reading::add);
            }
        }
        ConversationSet set = reading.finish();
        if (set.conversations.isEmpty()) {
            List<String> why = set.notices();
            throw new UserError(
                    "there is no conversation to learn from in " + paths
                            + (why.isEmpty() ? "" : ": " + String.join(", ", why)),
                    "a row is {\"messages\": [{\"role\": \"user\", \"content\": …}, {\"role\": \"assistant\", …}]}, or in another known layout");
        }
        return set;
    }

    /** What was left out and cut, in words; nothing where nothing was. */
    public List<String> notices() {
        List<String> notices = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            long count = faults.getOrDefault(fault, 0L);
            if (count > 0) {
                notices.add("%,d %s left out".formatted(count, fault.counted()));
            }
        }
        if (cut > 0) {
            notices.add("%,d cut to the turns that fit the context".formatted(cut));
        }
        return notices;
    }

    /** Tokens of all conversations. */
    public long tokens() {
        return conversations.stream().mapToLong(EncodedConversation::length).sum();
    }

    /** Tokens that the loss is taken on. */
    public long trainedTokens() {
        return conversations.stream().mapToLong(c -> c.trained().cardinality()).sum();
    }

    /** SHA-256, in hex, of all ids and labels in their order. */
    public String fingerprint() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (EncodedConversation each : conversations) {
                ByteBuffer bytes = ByteBuffer.allocate(4 * each.ids().length + 4);
                bytes.putInt(each.ids().length).asIntBuffer().put(each.ids());
                digest.update(bytes.array());
                digest.update(each.trained().toByteArray());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A part of the conversations, such as those held out. */
    ConversationSet part(List<Integer> indexes) {
        return new ConversationSet(
                indexes.stream().map(conversations::get).toList(),
                indexes.stream().map(messages::get).toList(),
                faults,
                cut);
    }

    /**
     * Parts with a conversation off for validation: which side it falls on is decided by its ids alone.
     *
     * @param fraction share to hold out, 0 to 1; at least one is held out and one kept where there are two
     * @return what is left, and what is held out
     */
    public List<ConversationSet> split(double fraction) {
        List<Integer> kept = new ArrayList<>();
        List<Integer> held = new ArrayList<>();
        for (int i = 0; i < conversations.size(); i++) {
            long hash =
                    0x9E3779B97F4A7C15L * (Arrays.hashCode(conversations.get(i).ids()) + 1L);
            double place = (hash >>> 11) * 0x1p-53;
            (place < fraction ? held : kept).add(i);
        }
        if (held.isEmpty() && kept.size() > 1) {
            held.add(kept.removeLast());
        } else if (kept.isEmpty() && held.size() > 1) {
            kept.add(held.removeLast());
        }
        return List.of(part(kept), part(held));
    }

    /** One conversation as it is taken. */
    private record Taken(
            Conversation conversation, Optional<EncodedConversation> encoded, Optional<Fault> fault, boolean cut) {}

    /** Encodes on all cores, some thousand rows at a time, and keeps their order. */
    private static final class Reading {
        private final ChatEncoder encoder;
        private final ConversationOptions options;
        private final List<JsonRows.Row> waiting = new ArrayList<>();
        private final List<EncodedConversation> encoded = new ArrayList<>();
        private final List<Conversation> messages = new ArrayList<>();
        private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
        private long cut;

        Reading(ChatEncoder encoder, ConversationOptions options) {
            this.encoder = encoder;
            this.options = options;
        }

        void add(JsonRows.Row row) {
            waiting.add(row);
            if (waiting.size() == AT_ONCE) {
                flush();
            }
        }

        private void flush() {
            for (Taken taken : waiting.parallelStream().map(this::take).toList()) {
                if (taken.fault().isPresent()) {
                    refuse(taken, taken.fault().get());
                } else {
                    encoded.add(taken.encoded().orElseThrow());
                    messages.add(taken.conversation());
                    cut += taken.cut() ? 1 : 0;
                }
            }
            waiting.clear();
        }

        private void refuse(Taken taken, Fault fault) {
            boolean stop = fault == Fault.TOO_LONG && options.onLong() != OnLong.CUT
                    ? options.onLong() == OnLong.STOP
                    : options.onBad() == OnBad.STOP;
            if (stop) {
                throw new UserError(
                        "the conversation at " + taken.conversation().source() + " " + fault.sentence()
                                + (fault == Fault.TOO_LONG ? " of " + options.context() + " tokens" : ""),
                        fault == Fault.TOO_LONG
                                ? "shorten it, raise training.sequence_length, or chat.on_long=skip leaves such ones out"
                                : "mend or delete it, or chat.on_bad=skip leaves such ones out");
            }
            faults.merge(fault, 1L, Long::sum);
        }

        private Taken take(JsonRows.Row row) {
            Optional<List<ChatMessage>> read = ConversationLayout.read(row.value());
            Conversation conversation = new Conversation(read.orElse(List.of()), row.source());
            Optional<Fault> fault = read.isEmpty() ? Optional.of(Fault.UNKNOWN_LAYOUT) : Fault.of(read.get());
            if (fault.isPresent()) {
                return new Taken(conversation, Optional.empty(), fault, false);
            }
            return encode(conversation, false);
        }

        private Taken encode(Conversation conversation, boolean cut) {
            Optional<EncodedConversation> result;
            try {
                result = encoder.encode(conversation.messages()).map(ChatEncoder.Labelled::trimmed);
            } catch (UserError e) { // such as a template that knows no system message
                result = Optional.empty();
            }
            if (result.isEmpty()) {
                return new Taken(conversation, result, Optional.of(Fault.NOT_RENDERED), cut);
            }
            if (result.get().length() <= options.context()) {
                return new Taken(conversation, result, Optional.empty(), cut);
            }
            List<ChatMessage> shorter = withoutLastExchange(conversation.messages());
            if (options.onLong() != OnLong.CUT || shorter.isEmpty()) {
                return new Taken(conversation, Optional.empty(), Optional.of(Fault.TOO_LONG), cut);
            }
            return encode(new Conversation(shorter, conversation.source()), true);
        }

        /** The messages up to the last answer but one; none where there is but one. */
        private static List<ChatMessage> withoutLastExchange(List<ChatMessage> messages) {
            int answers = 0;
            for (int i = messages.size() - 1; i >= 0; i--) {
                if (messages.get(i).role().equals("assistant") && ++answers == 2) {
                    return messages.subList(0, i + 1);
                }
            }
            return List.of();
        }

        ConversationSet finish() {
            flush();
            return new ConversationSet(encoded, messages, faults, cut);
        }
    }
}
