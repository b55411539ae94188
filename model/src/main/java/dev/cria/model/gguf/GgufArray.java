package dev.cria.model.gguf;

import dev.cria.base.MalformedFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An array of a file's metadata, decoded when it is asked for. Its extent was checked when the file was opened.
 */
public final class GgufArray {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path path;
    private final String key;
    private final GgufValueType elementType;
    private final long count;
    private final long begin;
    private final MemorySegment bytes;

    GgufArray(Path path, String key, GgufValueType elementType, long count, long begin, MemorySegment bytes) {
        this.path = path;
        this.key = key;
        this.elementType = elementType;
        this.count = count;
        this.begin = begin;
        this.bytes = bytes;
    }

    public GgufValueType elementType() {
        return elementType;
    }

    public long count() {
        return count;
    }

    /**
     * The elements of an array of texts; what is no UTF-8 becomes U+FFFD.
     *
     * @throws MalformedFileException if it is an array of anything else, or of more bytes than a Java array holds
     */
    public List<String> strings() {
        require(GgufValueType.STRING);
        byte[] text = bytes.toArray(ValueLayout.JAVA_BYTE);
        ByteBuffer lengths = ByteBuffer.wrap(text).order(ByteOrder.LITTLE_ENDIAN);
        List<String> strings = new ArrayList<>((int) count);
        int at = 0;
        for (int i = 0; i < (int) count; i++) {
            int length = (int) lengths.getLong(at);
            strings.add(new String(text, at + 8, length, StandardCharsets.UTF_8));
            at += 8 + length;
        }
        return strings;
    }

    /**
     * The elements of an array of float32.
     *
     * @throws MalformedFileException if it is an array of anything else, or of more bytes than a Java array holds
     */
    public float[] floats() {
        require(GgufValueType.FLOAT32);
        return bytes.toArray(FLOAT);
    }

    /**
     * The elements of an array of int32 or uint32.
     *
     * @throws MalformedFileException if it is an array of anything else, or of more bytes than a Java array holds
     */
    public int[] ints() {
        require(elementType == GgufValueType.UINT32 ? GgufValueType.UINT32 : GgufValueType.INT32);
        return bytes.toArray(INT);
    }

    private void require(GgufValueType expected) {
        if (elementType != expected) {
            throw GgufCursor.malformed(
                    path,
                    begin,
                    "metadata '" + key + "' is an array of " + elementType + " where " + expected + " belong");
        }
        if (bytes.byteSize() > Integer.MAX_VALUE - 8) {
            throw GgufCursor.malformed(path, begin, "metadata '" + key + "' has " + bytes.byteSize() + " bytes");
        }
    }

    @Override
    public String toString() {
        return elementType + "[" + count + "]";
    }
}
