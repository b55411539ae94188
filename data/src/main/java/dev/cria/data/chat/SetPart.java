package dev.cria.data.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One side of a split while it is read: what is learnt from, and the words of the first, to be shown.
 *
 * @param <E> what is learnt from
 * @param <W> the words of one
 */
final class SetPart<E, W> {
    /** How many's words are kept. */
    static final int SHOWN = 100;

    private final List<E> encoded;
    private final List<W> first = new ArrayList<>();
    private Optional<W> last = Optional.empty();

    /** @param encoded empty; is added to, and may lose its last */
    SetPart(List<E> encoded) {
        this.encoded = encoded;
    }

    void add(E each, W words) {
        encoded.add(each);
        last = Optional.of(words);
        if (first.size() < SHOWN) {
            first.add(words);
        }
    }

    /** Sees to it that there is one to learn from, and where some are to be held out and there are two to share, one held out. */
    static <E, W> void balance(SetPart<E, W> train, SetPart<E, W> held, double fraction) {
        if (fraction > 0 && held.encoded.isEmpty() && train.encoded.size() > 1) {
            train.giveOne(held);
        } else if (train.encoded.isEmpty()) {
            held.giveOne(train);
        }
    }

    /** Hands over its last. */
    private void giveOne(SetPart<E, W> other) {
        other.add(encoded.removeLast(), last.orElseThrow());
        if (first.size() > encoded.size()) {
            first.removeLast();
        }
    }

    boolean isEmpty() {
        return encoded.isEmpty();
    }

    /** The words of the first. */
    List<W> first() {
        return first;
    }
}
