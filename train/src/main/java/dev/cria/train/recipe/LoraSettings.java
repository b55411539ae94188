package dev.cria.train.recipe;

import dev.cria.model.adapter.AdapterConfig;
import dev.cria.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Low-rank adapters in place of all weights (LoRA, arXiv 2106.09685).
 *
 * @param rank r of every adapted layer
 * @param alpha the adapter's product is multiplied with alpha/r
 * @param dropout share of the adapters' inputs that is dropped while learning
 * @param targets short names of the adapted layers, such as {@code q_proj}
 * @param base what the weights below are stored as
 */
public record LoraSettings(int rank, double alpha, double dropout, List<String> targets, Base base) {
    /** How the base lies in memory; {@code AUTO} is as it lies in its file. */
    public enum Base {
        AUTO(Optional.empty()),
        F32(Optional.of(DType.F32)),
        BF16(Optional.of(DType.BF16)),
        Q8_0(Optional.of(DType.Q8_0)),
        Q4_0(Optional.of(DType.Q4_0));

        private final Optional<DType> type;

        Base(Optional<DType> type) {
            this.type = type;
        }

        /** The type; absent where it is the file's. */
        public Optional<DType> type() {
            return type;
        }
    }

    public LoraSettings {
        targets = List.copyOf(targets);
    }

    /** The adapter as its files describe it. */
    public AdapterConfig adapter(Path basePath) {
        String name = basePath.toAbsolutePath().normalize().toString();
        return AdapterConfig.of(rank, alpha, dropout, targets, Optional.of(name));
    }
}
