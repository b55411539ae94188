package dev.cria.tensor.quant;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** What all formats share: memory is walked in chunks that pass through arrays, where a format sees one block at a time. */
abstract class BlockCodec implements BlockFormat {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Elements of a chunk, 8 KB as float32; a multiple of every block size. */
    private static final int CHUNK = 2048;

    private final DType dtype;

    BlockCodec(DType dtype) {
        this.dtype = dtype;
    }

    @Override
    public final DType dtype() {
        return dtype;
    }

    /** Reads the block at {@code bytes[at]} into {@code values[from…]}. */
    abstract void decode(byte[] bytes, int at, float[] values, int from);

    /** Writes finite {@code values[from…]} as the block at {@code bytes[at]}. */
    interface Encoder {
        void encode(float[] values, int from, byte[] bytes, int at);
    }

    /** What writes blocks, with the scratch it needs, for one thread. */
    abstract Encoder encoder();

    @Override
    public final void dequantise(
            MemorySegment blocks, long blockOffset, MemorySegment floats, long floatOffset, long elements) {
        long end = dtype.bytes(elements);
        float[] values = new float[(int) Math.min(CHUNK, elements)];
        byte[] bytes = new byte[(int) dtype.bytes(values.length)];
        long done = 0;
        for (long read = 0; read < end; read += bytes.length) {
            int size = (int) Math.min(bytes.length, end - read);
            MemorySegment.copy(blocks, JAVA_BYTE, blockOffset + read, bytes, 0, size);
            int count = 0;
            for (int at = 0; at < size; at += dtype.blockBytes()) {
                decode(bytes, at, values, count);
                count += dtype.blockSize();
            }
            MemorySegment.copy(values, 0, floats, FLOAT, floatOffset + done * Float.BYTES, count);
            done += count;
        }
    }

    @Override
    public final void quantise(
            MemorySegment floats, long floatOffset, MemorySegment blocks, long blockOffset, long elements) {
        long end = dtype.bytes(elements);
        float[] values = new float[(int) Math.min(CHUNK, elements)];
        byte[] bytes = new byte[(int) dtype.bytes(values.length)];
        Encoder encoder = encoder();
        long done = 0;
        for (long written = 0; written < end; written += bytes.length) {
            int count = (int) Math.min(values.length, elements - done);
            MemorySegment.copy(floats, FLOAT, floatOffset + done * Float.BYTES, values, 0, count);
            requireFinite(values, count, done);
            int size = 0;
            for (int from = 0; from < count; from += dtype.blockSize()) {
                encoder.encode(values, from, bytes, size);
                size += dtype.blockBytes();
            }
            MemorySegment.copy(bytes, 0, blocks, JAVA_BYTE, blockOffset + written, size);
            done += count;
        }
    }

    private void requireFinite(float[] values, int count, long done) {
        // A sum of zeros is zero; infinity times zero and NaN times zero are NaN, which stays.
        float zero = 0;
        for (int i = 0; i < count; i++) {
            zero += values[i] * 0;
        }
        if (zero == 0) {
            return;
        }
        for (int i = 0; i < count; i++) {
            if (!Float.isFinite(values[i])) {
                throw new UserError(
                        "element " + (done + i) + " is " + values[i] + " and cannot be quantised to " + dtype,
                        "the weights are damaged; check the file they come from");
            }
        }
    }

    /** The nearest float16 of a block's scale or minimum, as its bits. */
    final short half(float value) {
        short bits = Float.floatToFloat16(value);
        if ((bits & 0x7c00) == 0x7c00) {
            throw new UserError(
                    "a block has weights too large for " + dtype + ": it needs the factor " + value
                            + ", and float16 ends at 65504",
                    "keep this tensor as F32 or BF16");
        }
        return bits;
    }
}
