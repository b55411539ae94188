package dev.cria.text;

import dev.cria.text.SentencePieceModel.Type;
import java.util.Arrays;

/**
 * Decodes as sentencepiece does: control pieces say nothing, the unknown piece says its surface, a bad byte is one U+FFFD and keeps the good bytes
 * beside it, and the space of the dummy prefix is dropped. Text is certain as soon as its last byte has come.
 */
final class SentencePieceDecoder implements StreamingDecoder {
    private final SentencePieceTokenizer tokenizer;
    private final boolean spellSpecial;
    private final boolean stripPrefix;
    private final boolean stripAll;

    private final byte[] pending = new byte[4];
    private int pendingCount;
    private boolean atStart = true;

    /**
     * @param stripPrefix whether a leading space was put there by the encoder
     * @param stripAll whether every leading space is dropped
     */
    SentencePieceDecoder(
            SentencePieceTokenizer tokenizer, boolean spellSpecial, boolean stripPrefix, boolean stripAll) {
        this.tokenizer = tokenizer;
        this.spellSpecial = spellSpecial;
        this.stripPrefix = stripPrefix;
        this.stripAll = stripAll;
    }

    @Override
    public String accept(int id) {
        StringBuilder out = new StringBuilder();
        accept(id, out);
        return out.toString();
    }

    @Override
    public String finish() {
        StringBuilder out = new StringBuilder();
        flush(out);
        atStart = true;
        return out.toString();
    }

    void accept(int id, StringBuilder out) {
        Type type = tokenizer.type(id);
        String piece = tokenizer.piece(id);
        if (type == Type.BYTE) {
            pending[pendingCount++] = (byte) BpeModel.byteValue(piece);
            settle(out);
            return;
        }
        flush(out);
        if (type == Type.CONTROL || type == Type.UNKNOWN) {
            String said = spellSpecial ? piece : type == Type.UNKNOWN ? tokenizer.unknownSurface() : "";
            out.append(said);
            atStart &= said.isEmpty();
            return;
        }
        int from = 0;
        if (atStart && stripPrefix && piece.charAt(0) == BpeModel.SPACE_MARK) {
            from = 1;
        }
        // A stripped space also ends the start, unless the model drops all leading spaces.
        atStart &= piece.length() == from && (from == 0 || stripAll);
        for (int i = from; i < piece.length(); i++) {
            char c = piece.charAt(i);
            out.append(c == BpeModel.SPACE_MARK ? ' ' : c);
        }
    }

    /** Appends what the pending bytes are sure to mean. */
    private void settle(StringBuilder out) {
        while (pendingCount > 0) {
            int length = Utf8.sequenceLength(pending[0] & 0xFF);
            if (length > pendingCount && couldContinue()) {
                return;
            }
            int codePoint = length == 0 || length > pendingCount ? -1 : Utf8.codePoint(pending, 0, length);
            drop(codePoint < 0 ? 1 : length);
            out.appendCodePoint(codePoint < 0 ? 0xFFFD : codePoint);
            atStart = false;
        }
    }

    private boolean couldContinue() {
        for (int i = 1; i < pendingCount; i++) {
            if ((pending[i] & 0xC0) != 0x80) {
                return false;
            }
        }
        return true;
    }

    private void flush(StringBuilder out) {
        while (pendingCount > 0) { // what settle() left is the beginning of a character that never ended
            drop(1);
            out.append('\uFFFD');
            atStart = false;
        }
    }

    private void drop(int count) {
        System.arraycopy(pending, count, pending, 0, pendingCount - count);
        pendingCount -= count;
        Arrays.fill(pending, pendingCount, pending.length, (byte) 0);
    }
}
