package dev.cria.model.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A value of metadata as it is written: its type, and its bytes after the type.
 */
public final class GgufValue {
    private final GgufValueType type;
    private final byte[] bytes;

    private GgufValue(GgufValueType type, byte[] bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    /** A value that already has its bytes, such as one of another file. */
    static GgufValue raw(GgufValueType type, byte[] bytes) {
        return new GgufValue(type, bytes.clone());
    }

    public static GgufValue uint32(long value) {
        if (value < 0 || value > 0xFFFFFFFFL) {
            throw new IllegalArgumentException(value + " is no unsigned 32-bit number");
        }
        return new GgufValue(GgufValueType.UINT32, little(4).putInt((int) value).array());
    }

    public static GgufValue float32(double value) {
        return new GgufValue(
                GgufValueType.FLOAT32, little(4).putFloat((float) value).array());
    }

    public static GgufValue bool(boolean value) {
        return new GgufValue(GgufValueType.BOOL, new byte[] {(byte) (value ? 1 : 0)});
    }

    public static GgufValue string(String value) {
        return new GgufValue(GgufValueType.STRING, text(value));
    }

    public static GgufValue strings(List<String> values) {
        ByteArrayOutputStream out = array(GgufValueType.STRING, values.size());
        values.forEach(value -> out.writeBytes(text(value)));
        return new GgufValue(GgufValueType.ARRAY, out.toByteArray());
    }

    public static GgufValue floats(float[] values) {
        ByteArrayOutputStream out = array(GgufValueType.FLOAT32, values.length);
        ByteBuffer bytes = little(values.length * 4);
        bytes.asFloatBuffer().put(values);
        out.writeBytes(bytes.array());
        return new GgufValue(GgufValueType.ARRAY, out.toByteArray());
    }

    /** An array of int32. */
    public static GgufValue ints(int[] values) {
        ByteArrayOutputStream out = array(GgufValueType.INT32, values.length);
        ByteBuffer bytes = little(values.length * 4);
        bytes.asIntBuffer().put(values);
        out.writeBytes(bytes.array());
        return new GgufValue(GgufValueType.ARRAY, out.toByteArray());
    }

    private static ByteArrayOutputStream array(GgufValueType element, int count) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(little(12).putInt(element.code()).putLong(count).array());
        return out;
    }

    /** The length of 8 bytes and the UTF-8 of a text. */
    static byte[] text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return little(8 + utf8.length).putLong(utf8.length).put(utf8).array();
    }

    static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Type and value as they stand in a file after the key. */
    byte[] encoded() {
        return little(4 + bytes.length).putInt(type.code()).put(bytes).array();
    }
}
