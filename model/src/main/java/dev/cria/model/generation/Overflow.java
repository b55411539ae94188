package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.model.LlamaSession;
import java.util.Arrays;

/**
 * What happens when the context is full.
 *
 * <p>Where it slides, the first tokens are kept, since attention leans on them (attention sinks, arXiv 2309.17453), and of the others the newer
 * half; what lies between is forgotten. The newer half is read again, at its new positions: every key is then what it would be had the
 * forgotten text never been there, and no position exceeds the model's. Reading costs as much as a prompt of that length, once for as many new
 * tokens.
 *
 * @param slides whether old text makes room; else a prompt that does not fit is refused and an answer ends where the context is full
 * @param kept first tokens that are never forgotten
 */
public record Overflow(boolean slides, int kept) {
    /** Ends the text, or refuses the prompt. */
    public static final Overflow STOP = new Overflow(false, 0);

    /** Tokens that are kept where nothing else is said: BOS and three more, as in the paper. */
    public static final int SINKS = 4;

    /** @throws UserError if {@code kept} is negative */
    public Overflow {
        if (kept < 0) {
            throw new UserError("the context is to keep " + kept + " tokens", "give 0 or more");
        }
    }

    /** Forgets old text, and keeps the first {@code kept} tokens. */
    public static Overflow slide(int kept) {
        return new Overflow(true, kept);
    }

    /** @throws UserError if so many tokens are kept that a context of this length could not slide */
    void check(int contextLength) {
        if (slides && kept > contextLength - 2) {
            throw new UserError(
                    "the context holds " + contextLength + " tokens and " + kept
                            + " of them are to be kept; that leaves no room to slide",
                    "keep fewer, or use a longer context");
        }
    }

    /** What is left of tokens that no longer fit. */
    int[] slide(int[] tokens, int contextLength) {
        int newest = newest(contextLength);
        int[] left = Arrays.copyOf(tokens, kept + newest);
        System.arraycopy(tokens, tokens.length - newest, left, kept, newest);
        return left;
    }

    /** Forgets old text of a session that is full, so that another token fits; says whether it did. */
    boolean makeRoom(LlamaSession session) {
        int most = session.contextLength();
        if (session.length() < most) {
            return false;
        }
        int[] left = slide(session.tokens(), most);
        session.truncate(kept);
        session.append(Arrays.copyOfRange(left, kept, left.length));
        return true;
    }

    /**
     * What a model of {@code contextLength} tokens sees of a longer text that grows: its first tokens, and an end from which half a context is
     * dropped at a time, so that what was read mostly stays.
     *
     * @param reserve room to leave
     */
    int[] window(int[] tokens, int contextLength, int reserve) {
        int excess = tokens.length + reserve - contextLength;
        if (excess <= 0) {
            return tokens;
        }
        int step = newest(contextLength);
        int dropped = Math.min(Math.ceilDiv(excess, step) * step, tokens.length - kept - 1);
        int[] left = Arrays.copyOf(tokens, tokens.length - dropped);
        System.arraycopy(tokens, kept + dropped, left, kept, left.length - kept);
        return left;
    }

    private int newest(int contextLength) {
        return (contextLength - kept) / 2;
    }
}
