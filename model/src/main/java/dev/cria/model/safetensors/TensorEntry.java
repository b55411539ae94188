package dev.cria.model.safetensors;

import java.util.Arrays;
import java.util.List;

/**
 * What the header says of a tensor.
 *
 * @param name its name
 * @param type its element type
 * @param shape its dimensions; empty for a scalar
 * @param begin first byte, counted from the end of the header
 * @param end byte after the last
 */
public record TensorEntry(String name, ElementType type, List<Long> shape, long begin, long end) {
    /** Type and shape, such as {@code F32[8, 288]}. */
    public String describe() {
        return type + Arrays.toString(dims());
    }

    public long[] dims() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }
}
