package dev.cria.data.chat;

import java.util.AbstractList;
import java.util.RandomAccess;

/** A growing list of pairs outside the heap: their conversations in a {@link ConversationStore}, chosen, rejected, chosen, rejected, …. */
final class PairStore extends AbstractList<EncodedPair> implements RandomAccess {
    private final ConversationStore sides = new ConversationStore();

    @Override
    public boolean add(EncodedPair pair) {
        sides.add(pair.chosen());
        sides.add(pair.rejected());
        modCount++;
        return true;
    }

    @Override
    public EncodedPair get(int index) {
        return new EncodedPair(sides.get(2 * index), sides.get(2 * index + 1));
    }

    /** Takes the last one out. */
    @Override
    public EncodedPair removeLast() {
        EncodedConversation rejected = sides.removeLast();
        modCount++;
        return new EncodedPair(sides.removeLast(), rejected);
    }

    @Override
    public int size() {
        return sides.size() / 2;
    }

    /** Tokens of all pairs. */
    long tokens() {
        return sides.tokens();
    }

    /** Tokens that are scored. */
    long scoredTokens() {
        return sides.trainedTokens();
    }
}
