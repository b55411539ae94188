package dev.cria.model.gguf;

import java.util.Arrays;
import java.util.List;

/**
 * What the header says of a tensor.
 *
 * @param name its name
 * @param type its element type
 * @param shape its dimensions, rows first, as {@link dev.cria.tensor.Tensor} has them; the file has them the other way round
 * @param begin first byte, counted from the start of the file
 * @param bytes how many there are
 */
public record GgufTensor(String name, GgmlType type, List<Long> shape, long begin, long bytes) {
    public GgufTensor {
        shape = List.copyOf(shape);
    }

    /** Byte after the last. */
    public long end() {
        return begin + bytes;
    }

    /** Number of elements. */
    public long elements() {
        return bytes / type.blockBytes() * type.blockSize();
    }

    public long[] dims() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /** Type and shape, such as {@code Q4_0[2048, 5632]}. */
    public String describe() {
        return type + Arrays.toString(dims());
    }
}
