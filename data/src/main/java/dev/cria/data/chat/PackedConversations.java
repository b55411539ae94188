package dev.cria.data.chat;

import dev.cria.data.IndexPermutation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Conversations laid into rows of at most T tokens, whole ones only. Each epoch has all of them once, in an order of its own, each put into
 * the fullest row that still has room among the last {@value #OPEN_ROWS} begun. Which conversations row {@code i} holds is a pure function of
 * (conversations, T, seed, i). Safe for use by many threads.
 */
public final class PackedConversations {
    private static final int OPEN_ROWS = 64;

    private final List<EncodedConversation> conversations;
    private final int[] lengths;
    private final int rowTokens;
    private final long seed;
    /** Rows before each epoch, as far as they are known. */
    private final List<Long> firstRows = new ArrayList<>(List.of(0L));

    private int laidEpoch = -1;
    private List<int[]> laid = List.of();

    /**
     * @param conversations asked for one by one, whenever a row needs them; not changed any more
     * @param rowTokens T; no conversation is longer
     * @throws IllegalArgumentException if there are no conversations, or one is longer than a row
     */
    public PackedConversations(List<EncodedConversation> conversations, int rowTokens, long seed) {
        lengths = conversations.stream().mapToInt(EncodedConversation::length).toArray();
        if (lengths.length == 0 || Arrays.stream(lengths).anyMatch(length -> length > rowTokens)) {
            throw new IllegalArgumentException("nothing to pack, or a conversation of over " + rowTokens + " tokens");
        }
        this.conversations = conversations;
        this.rowTokens = rowTokens;
        this.seed = seed;
    }

    /** Rows of the first {@code epochs} epochs. */
    public synchronized long rows(int epochs) {
        while (firstRows.size() <= epochs) {
            lay(firstRows.size() - 1);
        }
        return firstRows.get(epochs);
    }

    /** The conversations of a row; rows go on through the epochs without end. */
    public synchronized List<EncodedConversation> row(long index) {
        int epoch = laidEpoch >= 0 && index >= firstRows.get(laidEpoch) ? laidEpoch : 0;
        while (index >= rows(epoch + 1)) {
            epoch++;
        }
        if (epoch != laidEpoch) {
            lay(epoch);
        }
        List<EncodedConversation> row = new ArrayList<>();
        for (int conversation : laid.get((int) (index - firstRows.get(epoch)))) {
            row.add(conversations.get(conversation));
        }
        return row;
    }

    private void lay(int epoch) {
        List<List<Integer>> open = new ArrayList<>();
        List<Integer> room = new ArrayList<>();
        List<int[]> rows = new ArrayList<>();
        IndexPermutation shuffle = new IndexPermutation(lengths.length, seed, epoch);
        for (int i = 0; i < lengths.length; i++) {
            int conversation = (int) shuffle.apply(i);
            int length = lengths[conversation];
            int best = fullest(room, length);
            if (best < 0) {
                if (open.size() == OPEN_ROWS) {
                    int full = fullest(room, 0);
                    rows.add(array(open.remove(full)));
                    room.remove(full);
                }
                best = open.size();
                open.add(new ArrayList<>());
                room.add(rowTokens);
            }
            open.get(best).add(conversation);
            room.set(best, room.get(best) - length);
        }
        open.forEach(row -> rows.add(array(row)));
        laid = rows;
        laidEpoch = epoch;
        if (firstRows.size() == epoch + 1) {
            firstRows.add(firstRows.get(epoch) + rows.size());
        }
    }

    /** The row with the least room that has room for {@code length}; -1 where none has. */
    private static int fullest(List<Integer> room, int length) {
        int best = -1;
        for (int r = 0; r < room.size(); r++) {
            if (room.get(r) >= length && (best < 0 || room.get(r) < room.get(best))) {
                best = r;
            }
        }
        return best;
    }

    private static int[] array(List<Integer> row) {
        return row.stream().mapToInt(Integer::intValue).toArray();
    }
}
