package dev.cria.model.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Builds the bytes of a GGUF file by hand, right or wrong. */
final class GgufBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Magic, version 3 and counts. */
    static GgufBytes header(long tensors, long values) {
        return new GgufBytes().ascii("GGUF").u32(3).u64(tensors).u64(values);
    }

    GgufBytes ascii(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    GgufBytes u8(int value) {
        out.write(value);
        return this;
    }

    GgufBytes u32(long value) {
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) value)
                .array());
        return this;
    }

    GgufBytes u64(long value) {
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
        return this;
    }

    GgufBytes f32(float value) {
        return u32(Float.floatToRawIntBits(value));
    }

    GgufBytes string(String text) {
        return u64(text.getBytes(StandardCharsets.UTF_8).length).ascii(text);
    }

    GgufBytes key(String key, GgufValueType type) {
        return string(key).u32(type.code());
    }

    GgufBytes value(String key, String text) {
        return key(key, GgufValueType.STRING).string(text);
    }

    GgufBytes value(String key, int number) {
        return key(key, GgufValueType.UINT32).u32(number);
    }

    GgufBytes value(String key, float number) {
        return key(key, GgufValueType.FLOAT32).f32(number);
    }

    /** A tensor's entry; {@code dims} as the file has them, the length of rows first. */
    GgufBytes tensor(String name, int type, long offset, long... dims) {
        string(name).u32(dims.length);
        for (long dim : dims) {
            u64(dim);
        }
        return u32(type).u64(offset);
    }

    /** Zeros up to a multiple of {@code alignment}, then so many bytes of data. */
    GgufBytes data(int alignment, int bytes) {
        while (out.size() % alignment != 0) {
            out.write(0);
        }
        for (int i = 0; i < bytes; i++) {
            out.write(i);
        }
        return this;
    }

    int size() {
        return out.size();
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    byte[] upTo(int length) {
        return Arrays.copyOf(out.toByteArray(), length);
    }
}
