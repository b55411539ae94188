package dev.cria.text;

import dev.cria.base.MalformedFileException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * SentencePiece's compiled character map: what the longest known prefix of a text is replaced with. The bytes are the size of a trie, the
 * trie as a double array (32-bit units; see Aoe, "An efficient digital search algorithm by using a double-array structure", 1989),
 * and the replacements, each ended by a zero byte.
 */
final class CharacterMap {
    private final int[] units;
    private final byte[] bytes;
    private final int replacements;

    private CharacterMap(int[] units, byte[] bytes, int replacements) {
        this.units = units;
        this.bytes = bytes;
        this.replacements = replacements;
    }

    static CharacterMap parse(byte[] bytes, Function<String, MalformedFileException> malformed) {
        if (bytes.length < 8) {
            throw malformed.apply("the character map is cut short");
        }
        long trieBytes = int32(bytes, 0) & 0xFFFFFFFFL;
        if (trieBytes % 4 != 0 || trieBytes == 0 || trieBytes > bytes.length - 4) {
            throw malformed.apply("the character map says its trie has " + trieBytes + " bytes of " + bytes.length);
        }
        int[] units = new int[(int) (trieBytes / 4)];
        for (int i = 0; i < units.length; i++) {
            units[i] = int32(bytes, 4 + 4 * i);
        }
        int replacements = 4 + 4 * units.length;
        if (replacements == bytes.length || bytes[bytes.length - 1] != 0) {
            throw malformed.apply("the last replacement of the character map has no end");
        }
        return new CharacterMap(units, bytes, replacements);
    }

    private static int int32(byte[] b, int at) {
        return b[at] & 0xFF | (b[at + 1] & 0xFF) << 8 | (b[at + 2] & 0xFF) << 16 | b[at + 3] << 24;
    }

    /**
     * The longest prefix of {@code utf8[from..]} that is replaced.
     *
     * @return length of the prefix in bytes {@code << 32 |} position of its replacement, or -1 where nothing is replaced
     */
    long find(byte[] utf8, int from) {
        long found = -1;
        int node = offset(units[0]);
        for (int i = from; i < utf8.length; i++) {
            int label = utf8[i] & 0xFF;
            node ^= label;
            if (node < 0 || node >= units.length || (units[node] & 0x800000FF) != label) {
                break;
            }
            int unit = units[node];
            node ^= offset(unit);
            if (node < 0 || node >= units.length) {
                break;
            }
            if ((unit >>> 8 & 1) != 0) {
                int value = units[node] & 0x7FFFFFFF;
                if (value < bytes.length - replacements) {
                    found = (long) (i + 1 - from) << 32 | value;
                }
            }
        }
        return found;
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }

    /** The replacement at a position that {@link #find} returned. */
    String replacement(int position) {
        int start = replacements + position;
        int end = start;
        while (bytes[end] != 0) {
            end++;
        }
        return new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }

    /** A hash of the whole map. */
    String hashed() {
        return Fingerprint.of(bytes);
    }
}
