package dev.cria.data.chat;

import dev.cria.text.ChatMessage;
import dev.cria.text.ChatTemplate;
import dev.cria.text.RenderedChat;
import dev.cria.text.TextSpan;
import dev.cria.text.TokenAlignment;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Makes ids and labels of conversations: rendered by the model's own template, and tokenised whole, so that a model meets in training the very ids that
 * it will meet in a chat. Special tokens typed into a message stay text. Learnt are the tokens that spell what the assistant says, and those
 * that end its turn: up to the special token behind it, or where the template has none, the word behind it (such as {@code <|im_end|>}).
 * Immutable; for use by many threads.
 */
public final class ChatEncoder {
    private final ChatTemplate template;
    private final Tokenizer tokenizer;
    private final boolean everything;

    /** @param everything whether the loss is taken on all tokens, not on the assistant's alone */
    public ChatEncoder(ChatTemplate template, Tokenizer tokenizer, boolean everything) {
        this.template = template;
        this.tokenizer = tokenizer;
        this.everything = everything;
    }

    /**
     * A conversation with the place of each id in its text.
     *
     * @param text as the template wrote it
     * @param ids BOS, unless the template begins with it, and the ids of the text
     * @param starts first character of each id; BOS in front of the text is at 0
     * @param ends end of each
     * @param trained which ids the loss is taken on
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    public record Labelled(String text, int[] ids, int[] starts, int[] ends, BitSet trained) {
        /** Without what follows the last id that is learnt: nothing is learnt from it. */
        public EncodedConversation trimmed() {
            return new EncodedConversation(Arrays.copyOf(ids, trained.length()), trained);
        }
    }

    /** Encodes messages; the loss is on all that the assistant says. As {@link #encode(List, int)}. */
    public Optional<Labelled> encode(List<ChatMessage> messages) {
        return encode(messages, 0);
    }

    /**
     * Encodes messages.
     *
     * @param first the first message that is learnt if it is the assistant's: those before it are only read
     * @return empty where the assistant's words cannot be found in what the template and the tokenizer make of them
     * @throws dev.cria.base.UserError if the template refuses the conversation
     */
    public Optional<Labelled> encode(List<ChatMessage> messages, int first) {
        RenderedChat chat = template.rendered(messages, false);
        int[] plain = chat.encode(tokenizer);
        int before = plain.length > 0 && plain[0] == tokenizer.bosId() ? 0 : 1;
        int[] ids = new int[plain.length + before];
        ids[0] = tokenizer.bosId();
        System.arraycopy(plain, 0, ids, before, plain.length);
        Optional<TokenAlignment> alignment = TokenAlignment.of(tokenizer, chat.text(), plain);
        if (alignment.isEmpty()) {
            return Optional.empty();
        }
        int[] starts = new int[ids.length];
        int[] ends = new int[ids.length];
        System.arraycopy(alignment.get().starts(), 0, starts, before, plain.length);
        System.arraycopy(alignment.get().ends(), 0, ends, before, plain.length);
        BitSet trained = new BitSet();
        if (everything) {
            trained.set(1, ids.length);
        } else {
            for (TextSpan span : learnt(chat, messages, first, ids, starts, ends)) {
                mark(trained, span, starts, ends);
            }
            trained.clear(0); // nothing comes before it that could predict it
        }
        return trained.isEmpty()
                ? Optional.empty()
                : Optional.of(new Labelled(chat.text(), ids, starts, ends, trained));
    }

    /** What is learnt, as parts of the text; none where one of the assistant's messages is not in it. */
    private List<TextSpan> learnt(
            RenderedChat chat, List<ChatMessage> messages, int first, int[] ids, int[] starts, int[] ends) {
        List<TextSpan> spans = new ArrayList<>();
        long wanted = messages.stream()
                .skip(first)
                .filter(message -> message.role().equals("assistant"))
                .count();
        List<RenderedChat.Content> contents = chat.contents();
        for (int i = 0; i < contents.size(); i++) {
            TextSpan said = contents.get(i).span();
            int message = contents.get(i).message();
            if (message >= first && messages.get(message).role().equals("assistant")) {
                int limit = i + 1 < contents.size()
                        ? contents.get(i + 1).span().start()
                        : chat.text().length();
                spans.add(new TextSpan(said.start(), endOfTurn(chat.text(), said.end(), limit, ids, starts, ends)));
            }
        }
        return spans.size() == wanted ? spans : List.of();
    }

    /** Where a turn ends whose words end at {@code from}; {@code limit} is where the next message's words begin. */
    private int endOfTurn(String text, int from, int limit, int[] ids, int[] starts, int[] ends) {
        int word = from;
        while (word < limit && Character.isWhitespace(text.charAt(word))) {
            word++;
        }
        int first = firstAt(from, starts);
        for (int i = first; i < ids.length && starts[i] <= word && ends[i] <= limit; i++) {
            if (starts[i] == word && ends[i] > word && tokenizer.isSpecial(ids[i])) {
                return ends[i];
            }
        }
        int end = from;
        while (end < limit && !Character.isWhitespace(text.charAt(end))) {
            end++;
        }
        return end;
    }

    /** Sets the tokens that have a character in the span, and an added space at its beginning. */
    private static void mark(BitSet trained, TextSpan span, int[] starts, int[] ends) {
        for (int i = firstAt(span.start(), ends); i < starts.length && starts[i] < span.end(); i++) {
            boolean empty = starts[i] == ends[i];
            if (ends[i] > span.start() || (empty && starts[i] == span.start())) {
                trained.set(i);
            }
        }
    }

    /** The first index whose value, in a list that never falls, is at least {@code place}. */
    private static int firstAt(int place, int[] values) {
        int low = 0;
        int high = values.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (values[middle] < place) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
