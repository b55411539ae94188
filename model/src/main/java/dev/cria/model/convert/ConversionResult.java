package dev.cria.model.convert;

import dev.cria.tensor.DType;
import java.util.List;
import java.util.Map;

/**
 * What a conversion wrote.
 *
 * @param bytesByType bytes of tensors of each type
 * @param files number of files with tensors
 * @param notices what the user should know, a sentence each
 */
public record ConversionResult(Map<DType, Long> bytesByType, int files, List<String> notices) {
    public ConversionResult {
        bytesByType = Map.copyOf(bytesByType);
        notices = List.copyOf(notices);
    }

    /** Bytes of all tensors. */
    public long bytes() {
        return bytesByType.values().stream().mapToLong(Long::longValue).sum();
    }
}
