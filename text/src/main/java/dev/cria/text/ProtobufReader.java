package dev.cria.text;

import dev.cria.base.MalformedFileException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads protocol buffer messages from bytes in memory. Every length is held against what is left before it is believed. */
final class ProtobufReader {
    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH_DELIMITED = 2;
    static final int FIXED32 = 5;

    private static final String HINT = "the file is damaged or no SentencePiece model; fetch it again";

    private final Path file;
    private final byte[] bytes;
    private final int end;
    private int at;
    private int tagAt;
    private int wireType;

    ProtobufReader(Path file, byte[] bytes) {
        this(file, bytes, 0, bytes.length);
    }

    private ProtobufReader(Path file, byte[] bytes, int start, int end) {
        this.file = file;
        this.bytes = bytes;
        this.at = start;
        this.end = end;
    }

    /** Offset in the file of the next byte. */
    int offset() {
        return at;
    }

    /** The number of the next field, or 0 at the end of the message. */
    int nextField() {
        if (at == end) {
            return 0;
        }
        tagAt = at;
        long tag = varint();
        wireType = (int) (tag & 7);
        long field = tag >>> 3;
        if (field < 1 || field > 0x1FFFFFFF) {
            throw malformed(tagAt, "field number " + field + " is not possible");
        }
        return (int) field;
    }

    /** Skips the value of a field that nobody asked for. */
    void skip() {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> take(8);
            case LENGTH_DELIMITED -> take(length());
            case FIXED32 -> take(4);
            default -> throw malformed(tagAt, "wire type " + wireType + " is not known");
        }
    }

    boolean bool() {
        expect(VARINT);
        return varint() != 0;
    }

    int int32() {
        expect(VARINT);
        return (int) varint();
    }

    float float32() {
        expect(FIXED32);
        int p = take(4);
        return Float.intBitsToFloat(
                bytes[p] & 0xFF | (bytes[p + 1] & 0xFF) << 8 | (bytes[p + 2] & 0xFF) << 16 | bytes[p + 3] << 24);
    }

    /** A nested message. */
    ProtobufReader message() {
        expect(LENGTH_DELIMITED);
        int n = length();
        int p = take(n);
        return new ProtobufReader(file, bytes, p, p + n);
    }

    byte[] bytes() {
        expect(LENGTH_DELIMITED);
        int n = length();
        int p = take(n);
        return java.util.Arrays.copyOfRange(bytes, p, p + n);
    }

    String string() {
        expect(LENGTH_DELIMITED);
        int n = length();
        int p = take(n);
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, p, n));
            return text.toString();
        } catch (CharacterCodingException e) {
            throw malformed(p, "text is not valid UTF-8");
        }
    }

    MalformedFileException malformed(int offset, String what) {
        return new MalformedFileException(file, offset, what, HINT);
    }

    private void expect(int type) {
        if (wireType != type) {
            throw malformed(tagAt, "wire type " + wireType + " where " + type + " was expected");
        }
    }

    private int length() {
        int p = at;
        long n = varint();
        if (n < 0 || n > end - at) {
            throw malformed(p, "a length of " + n + " bytes, but only " + (end - at) + " are left");
        }
        return (int) n;
    }

    private int take(int n) {
        if (n > end - at) {
            throw malformed(at, n + " bytes expected, but only " + (end - at) + " are left");
        }
        int p = at;
        at += n;
        return p;
    }

    private long varint() {
        int start = at;
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (at == end) {
                throw malformed(start, "the file ends inside a number");
            }
            byte b = bytes[at++];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw malformed(start, "a number of more than ten bytes");
    }
}
