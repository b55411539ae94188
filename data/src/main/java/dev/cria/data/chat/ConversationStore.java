package dev.cria.data.chat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.RandomAccess;

/**
 * A growing list of conversations in flat memory outside the heap: 2 bytes an id where all ids of a conversation are below 65,536, else 4, and
 * what is learnt as ranges. UltraChat's 230 million tokens take 0.5 GB. Memory is let go with the list. Reading is safe for many threads once
 * the list is handed on.
 *
 * <p>A conversation is, in native ints: its ids' number (negative where they take 4 bytes), its ranges' number, begin and end of each range,
 * the ids.
 */
final class ConversationStore extends AbstractList<EncodedConversation> implements RandomAccess {
    private static final long FIRST_BYTES = 1 << 16;
    private static final long MOST_BYTES = 1 << 26;
    private static final int SHORT_IDS = 1 << 16;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    /** Lets memory go with the list that it belongs to: an automatic arena would too, but is limited to the size of the heap. */
    private static final Cleaner CLEANER = Cleaner.create();

    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> chunks = new ArrayList<>();
    /** Where each conversation begins: its chunk in the upper half, its byte there in the lower. */
    private long[] places = new long[16];

    private int size;
    private long used;
    private long tokens;
    private long trained;

    ConversationStore() {
        CLEANER.register(this, arena::close);
    }

    @Override
    public boolean add(EncodedConversation conversation) {
        int[] ids = conversation.ids();
        int[] ranges = ranges(conversation.trained());
        boolean wide = Arrays.stream(ids).anyMatch(id -> id >= SHORT_IDS || id < 0);
        long bytes = 4L * (2 + ranges.length) + (wide ? 4L : 2L) * ids.length;
        MemorySegment chunk = room(bytes);
        if (size == places.length) {
            places = Arrays.copyOf(places, 2 * size);
        }
        places[size++] = (long) (chunks.size() - 1) << 32 | used;
        chunk.set(INT, used, wide ? -ids.length : ids.length);
        chunk.set(INT, used + 4, ranges.length / 2);
        MemorySegment.copy(ranges, 0, chunk, INT, used + 8, ranges.length);
        long from = used + 8 + 4L * ranges.length;
        for (int i = 0; i < ids.length; i++) {
            if (wide) {
                chunk.set(INT, from + 4L * i, ids[i]);
            } else {
                chunk.set(SHORT, from + 2L * i, (short) ids[i]);
            }
        }
        used += bytes;
        tokens += conversation.length();
        trained += conversation.trained().cardinality();
        modCount++;
        return true;
    }

    /** The chunk that has room for so many bytes at {@link #used}; each new one is twice as large as the last, up to 64 MB. */
    private MemorySegment room(long bytes) {
        if (chunks.isEmpty() || chunks.getLast().byteSize() - used < bytes) {
            long usual = Math.min(MOST_BYTES, FIRST_BYTES << Math.min(20, chunks.size()));
            chunks.add(arena.allocate(Math.max(usual, bytes), Integer.BYTES));
            used = 0;
        }
        return chunks.getLast();
    }

    private static int[] ranges(BitSet trained) {
        int[] ranges = new int[16];
        int count = 0;
        for (int at = trained.nextSetBit(0); at >= 0; at = trained.nextSetBit(ranges[count - 1])) {
            if (count == ranges.length) {
                ranges = Arrays.copyOf(ranges, 2 * count);
            }
            ranges[count++] = at;
            ranges[count++] = trained.nextClearBit(at);
        }
        return Arrays.copyOf(ranges, count);
    }

    @Override
    public EncodedConversation get(int index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException(index);
        }
        try {
            return read(chunks.get((int) (places[index] >>> 32)), places[index] & 0xFFFFFFFFL);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private static EncodedConversation read(MemorySegment chunk, long place) {
        long at = place;
        int count = chunk.get(INT, at);
        int ranges = chunk.get(INT, at + 4);
        at += 8;
        BitSet trained = new BitSet(Math.abs(count));
        for (int i = 0; i < ranges; i++, at += 8) {
            trained.set(chunk.get(INT, at), chunk.get(INT, at + 4));
        }
        int[] ids = new int[Math.abs(count)];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = count < 0 ? chunk.get(INT, at + 4L * i) : chunk.get(SHORT, at + 2L * i) & 0xFFFF;
        }
        return new EncodedConversation(ids, trained);
    }

    /** Takes the last one out. */
    @Override
    public EncodedConversation removeLast() {
        EncodedConversation last = get(size - 1);
        size--;
        tokens -= last.length();
        trained -= last.trained().cardinality();
        modCount++;
        return last;
    }

    @Override
    public int size() {
        return size;
    }

    /** Tokens of all conversations. */
    long tokens() {
        return tokens;
    }

    /** Tokens that the loss is taken on. */
    long trainedTokens() {
        return trained;
    }
}
