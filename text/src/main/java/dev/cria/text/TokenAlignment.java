package dev.cria.text;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Which characters of a text each of its tokens stands for. A token's spelling is held against the text byte by byte; a space that the tokenizer put in
 * front of a text stands for nothing and has an empty place.
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record TokenAlignment(int[] starts, int[] ends) {
    private static final String SPACE = "\u2581";

    /**
     * Aligns the ids of a text, special tokens among them.
     *
     * @param ids without a BOS that the text does not spell
     * @return empty where the tokenizer rewrites the text, so that its tokens do not spell it
     */
    public static Optional<TokenAlignment> of(Tokenizer tokenizer, String text, int[] ids) {
        byte[] bytes = Utf8.replaceLoneSurrogates(text).getBytes(StandardCharsets.UTF_8);
        int[] characters = characters(text, bytes.length);
        int[] starts = new int[ids.length];
        int[] ends = new int[ids.length];
        int at = 0;
        for (int i = 0; i < ids.length; i++) {
            byte[] spelling = spelling(tokenizer, ids[i]);
            int skipped = 0;
            if (!matches(bytes, at, spelling, 0)) {
                boolean added = !tokenizer.isSpecial(ids[i])
                        && spelling.length > 0
                        && spelling[0] == ' '
                        && matches(bytes, at, spelling, 1);
                if (!added) {
                    return Optional.empty();
                }
                skipped = 1;
            }
            starts[i] = characters[at];
            at += spelling.length - skipped;
            ends[i] = characters[at];
        }
        return at == bytes.length ? Optional.of(new TokenAlignment(starts, ends)) : Optional.empty();
    }

    private static boolean matches(byte[] text, int at, byte[] spelling, int from) {
        int length = spelling.length - from;
        if (at + length > text.length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (text[at + i] != spelling[from + i]) {
                return false;
            }
        }
        return true;
    }

    /** The bytes a token stands for: a byte token's own, else its piece with spaces for U+2581. */
    private static byte[] spelling(Tokenizer tokenizer, int id) {
        String piece = tokenizer.piece(id);
        if (tokenizer.isSpecial(id)) {
            return piece.getBytes(StandardCharsets.UTF_8);
        }
        if (piece.length() == 6 && piece.startsWith("<0x") && piece.endsWith(">")) {
            return new byte[] {(byte) Integer.parseInt(piece, 3, 5, 16)};
        }
        return piece.replace(SPACE, " ").getBytes(StandardCharsets.UTF_8);
    }

    /** For each byte of a text in UTF-8, and the end, the index of the character that it belongs to. */
    private static int[] characters(String text, int bytes) {
        int[] characters = new int[bytes + 1];
        int at = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            boolean lone = codePoint >= 0xD800 && codePoint <= 0xDFFF;
            int length = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 || lone ? 3 : 4;
            for (int b = 0; b < length; b++) {
                characters[at++] = i;
            }
            i += Character.charCount(codePoint);
        }
        characters[at] = text.length();
        return characters;
    }
}
