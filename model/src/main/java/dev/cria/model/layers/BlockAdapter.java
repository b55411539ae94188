package dev.cria.model.layers;

import dev.cria.tensor.Tensor;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What adapters add to the linear layers of one block; empty where they add nothing.
 *
 * @param qkv to queries, keys and values: three parts
 * @param output to attention's output projection
 * @param gateUp to gate and up projections: two parts
 * @param down to the down projection
 */
public record BlockAdapter(
        Optional<LowRank> qkv, Optional<LowRank> output, Optional<LowRank> gateUp, Optional<LowRank> down) {
    public static final BlockAdapter NONE =
            new BlockAdapter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /** Those that are there. */
    public Stream<LowRank> parts() {
        return Stream.of(qkv, output, gateUp, down).flatMap(Optional::stream);
    }

    /** Bytes of all factors. */
    public long bytes() {
        return parts().mapToLong(LowRank::bytes).sum();
    }

    /** All factors, in order. */
    public Stream<Tensor> tensors() {
        return parts().flatMap(part -> Stream.concat(Stream.of(part.down()), part.up().stream()));
    }

    /** The largest ΣR; 0 where nothing is added. */
    public int rank() {
        return parts().mapToInt(LowRank::rank).max().orElse(0);
    }
}
