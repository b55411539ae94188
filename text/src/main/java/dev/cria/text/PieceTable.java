package dev.cria.text;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ids by piece: an open-addressing table that can be asked for a part of a text without cutting it out, given the part's hash. Hashes are those of
 * {@link String#hashCode}, so that they can be put together from those of prefixes.
 */
final class PieceTable {
    /** Longer searches happen only where somebody chose the pieces so that their hashes are equal. */
    private static final int MAX_PROBES = 1000;

    private final List<String> pieces;
    private final int[] slots; // id + 1; 0 is empty
    private int duplicate = -1;
    private @Nullable Map<String, Integer> fallback;

    /** @param pieces the index is the id; empty ones are left out, and of equal ones the first counts */
    PieceTable(List<String> pieces) {
        this.pieces = pieces;
        slots = new int[Integer.highestOneBit(Math.max(8, pieces.size())) << 2];
        for (int id = 0; id < pieces.size(); id++) {
            String piece = pieces.get(id);
            if (piece.isEmpty()) {
                continue;
            }
            int slot = slot(piece, 0, piece.length(), piece.hashCode());
            if (slot < 0) {
                fallback = sorted(pieces);
                return;
            }
            if (slots[slot] == 0) {
                slots[slot] = id + 1;
            } else if (duplicate < 0) {
                duplicate = id;
            }
        }
    }

    /** All pieces in Java's table, which turns into trees where hashes are equal. */
    private Map<String, Integer> sorted(List<String> all) {
        Map<String, Integer> ids = HashMap.newHashMap(all.size());
        for (int id = 0; id < all.size(); id++) {
            Integer first = all.get(id).isEmpty() ? null : ids.putIfAbsent(all.get(id), id);
            duplicate = first != null && duplicate < 0 ? id : duplicate;
        }
        return ids;
    }

    /** The first piece that is the same as one before it, or -1. */
    int duplicate() {
        return duplicate;
    }

    /** The id of a piece, or -1. */
    int find(String piece) {
        return find(piece, 0, piece.length(), piece.hashCode());
    }

    /** The id of {@code text[from..to)}, or -1. */
    int find(String text, int from, int to, int hash) {
        if (fallback != null) {
            return fallback.getOrDefault(text.substring(from, to), -1);
        }
        return slots[slot(text, from, to, hash)] - 1;
    }

    /**
     * The id of two texts together, or -1.
     *
     * @param power 31 to the power of the length of the right one
     */
    int find(String left, String right, int power) {
        if (fallback != null) {
            return fallback.getOrDefault(left.concat(right), -1);
        }
        int hash = left.hashCode() * power + right.hashCode();
        int mask = slots.length - 1;
        for (int slot = first(hash, mask); slots[slot] != 0; slot = slot + 1 & mask) {
            String piece = pieces.get(slots[slot] - 1);
            if (piece.hashCode() == hash
                    && piece.length() == left.length() + right.length()
                    && piece.startsWith(left)
                    && piece.endsWith(right)) {
                return slots[slot] - 1;
            }
        }
        return -1;
    }

    private static int first(int hash, int mask) {
        return hash * 0x9E3779B9 >>> 8 & mask;
    }

    /** Where the text is, or the empty place where it would be; -1 where the search takes too long. */
    private int slot(String text, int from, int to, int hash) {
        int mask = slots.length - 1;
        int slot = first(hash, mask);
        for (int probes = 0; slots[slot] != 0; probes++) {
            if (probes > MAX_PROBES) {
                return -1;
            }
            String piece = pieces.get(slots[slot] - 1);
            if (piece.hashCode() == hash
                    && piece.length() == to - from
                    && piece.regionMatches(0, text, from, to - from)) {
                return slot;
            }
            slot = slot + 1 & mask;
        }
        return slot;
    }
}
