package dev.cria.text;

import java.util.Arrays;

/**
 * A byte-pair-encoding vocabulary as the encoder sees it: characters to symbols, pairs of symbols to merges, symbols to ids. A symbol
 * below {@code vocabularySize} is that id; those above are characters that are part of pieces without being a piece themselves; a
 * negative symbol is {@code ~codePoint} of a character that no piece holds.
 */
final class BpeModel {
    /** U+2581, which stands for a space in pieces. */
    static final char SPACE_MARK = '\u2581';

    private static final String HEX = "0123456789ABCDEF";

    private final int vocabularySize;
    private final CharacterSymbols characters;
    private final int[] extraCodePoints;
    private final PairSource pairs;
    private final CharacterJoins joins;
    private final int[] byteIds;
    private final int unknownId;
    private final boolean fuseUnknown;

    /**
     * @param vocabularySize number of ids
     * @param characters code point to symbol; is changed no more
     * @param extraCodePoints code points of the symbols from {@code vocabularySize} on
     * @param pairs the merges
     * @param joins which characters the merges bring together
     * @param byteIds id of each byte's token, or an empty array where there is no byte fallback
     * @param unknownId id of what is not in the vocabulary, or -1 where it is dropped
     * @param fuseUnknown whether neighbouring unknown characters become one id
     * @param spaceMark whether a space in the text is the same as U+2581
     */
    BpeModel(
            int vocabularySize,
            CharacterSymbols characters,
            int[] extraCodePoints,
            PairSource pairs,
            CharacterJoins joins,
            int[] byteIds,
            int unknownId,
            boolean fuseUnknown,
            boolean spaceMark) {
        this.vocabularySize = vocabularySize;
        this.extraCodePoints = extraCodePoints;
        this.pairs = pairs;
        this.byteIds = byteIds;
        this.unknownId = unknownId;
        this.fuseUnknown = fuseUnknown;
        this.characters = characters;
        this.joins = joins;
        if (spaceMark) {
            characters.put(' ', characters.get(SPACE_MARK));
        }
    }

    int vocabularySize() {
        return vocabularySize;
    }

    /** All merges. */
    PairTable pairs() {
        return pairs.all();
    }

    /** Merges for an encoder that may never need most of them. */
    PairTable pairsForOneEncoder() {
        return pairs.forOneEncoder();
    }

    CharacterJoins joins() {
        return joins;
    }

    /** Makes one unknown id of neighbouring ones from {@code start} on, where the tokenizer does that. */
    void fuseUnknown(int start, TokenBuffer out) {
        if (!fuseUnknown) {
            return;
        }
        int[] ids = out.array();
        int kept = start;
        for (int i = start; i < out.size(); i++) {
            if (ids[i] != unknownId || kept == start || ids[kept - 1] != unknownId) {
                ids[kept++] = ids[i];
            }
        }
        out.truncate(kept);
    }

    /** What becomes of unknown characters, in words. */
    String unknownPolicy() {
        if (Arrays.stream(byteIds).filter(id -> id >= 0).count() == 256) {
            return "bytes " + Arrays.toString(byteIds);
        }
        return "bytes " + Arrays.toString(byteIds) + ", unknown " + unknownId + ", fused " + fuseUnknown;
    }

    /** As {@link CharacterSymbols#symbols}. */
    int symbols(char[] chars, int from, int to, int[] symbols) {
        return characters.symbols(chars, from, to, symbols);
    }

    /** Appends the ids of a symbol: itself, or its bytes, or the unknown id. */
    void emit(int symbol, TokenBuffer out) {
        if (symbol >= 0 && symbol < vocabularySize) {
            out.add(symbol);
            return;
        }
        int codePoint = symbol < 0 ? ~symbol : extraCodePoints[symbol - vocabularySize];
        if (byteIds.length == 256 && emitBytes(codePoint, out)) {
            return;
        }
        if (unknownId >= 0) {
            out.add(unknownId);
        }
    }

    private boolean emitBytes(int codePoint, TokenBuffer out) {
        int size = out.size();
        boolean complete;
        if (codePoint < 0x80) {
            complete = emitByte(codePoint, out);
        } else if (codePoint < 0x800) {
            complete = emitByte(0xC0 | codePoint >> 6, out) & emitByte(0x80 | codePoint & 0x3F, out);
        } else if (codePoint < 0x10000) {
            complete = emitByte(0xE0 | codePoint >> 12, out)
                    & emitByte(0x80 | codePoint >> 6 & 0x3F, out)
                    & emitByte(0x80 | codePoint & 0x3F, out);
        } else {
            complete = emitByte(0xF0 | codePoint >> 18, out)
                    & emitByte(0x80 | codePoint >> 12 & 0x3F, out)
                    & emitByte(0x80 | codePoint >> 6 & 0x3F, out)
                    & emitByte(0x80 | codePoint & 0x3F, out);
        }
        if (!complete) {
            out.truncate(size);
        }
        return complete;
    }

    private boolean emitByte(int value, TokenBuffer out) {
        if (byteIds[value] < 0) {
            return false;
        }
        out.add(byteIds[value]);
        return true;
    }

    /** No byte fallback. */
    static int[] noBytes() {
        return new int[0];
    }

    /** A table of 256 byte tokens, none known yet. */
    static int[] unknownBytes() {
        int[] ids = new int[256];
        Arrays.fill(ids, -1);
        return ids;
    }

    /** The value of a byte token such as {@code <0x0A>}, or -1 for any other piece. */
    static int byteValue(String piece) {
        if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
            return -1;
        }
        int high = Character.digit(piece.charAt(3), 16);
        int low = Character.digit(piece.charAt(4), 16);
        return high < 0 || low < 0 || piece.charAt(3) > 'f' || piece.charAt(4) > 'f' ? -1 : high << 4 | low;
    }

    /** The byte token of a value. */
    static String bytePiece(int value) {
        return "<0x" + HEX.charAt(value >> 4) + HEX.charAt(value & 15)
                + ">"; // a formatter would cost a cold start milliseconds
    }
}
