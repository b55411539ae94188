package dev.cria.model.adapter;

import dev.cria.model.LlamaConfig;
import dev.cria.model.safetensors.SafetensorsWriter;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * An adapter: what it is, and its pair of matrices for each module that it changes. The tensors belong to whoever made them, such as a mapped
 * file or a training run.
 *
 * @param config what it is
 * @param pairs in the model's order
 */
public record AdapterWeights(AdapterConfig config, Map<AdaptedModule, Pair> pairs) {
    /** The file in an adapter's directory. */
    public static final String FILE = "adapter_model.safetensors";

    /**
     * The two matrices of a module.
     *
     * @param down A, [r, I]
     * @param up B, [O, r]
     */
    public record Pair(Tensor down, Tensor up) {
        /** r. */
        public int rank() {
            return down.size(0);
        }
    }

    public AdapterWeights {
        pairs = Collections.unmodifiableMap(new LinkedHashMap<>(pairs));
    }

    /**
     * An adapter over tensors that go by their names in peft's files, such as {@code base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight}.
     *
     * @param base the shape of the model that it belongs to
     */
    public static AdapterWeights of(AdapterConfig config, LlamaConfig base, Function<String, Tensor> tensors) {
        Map<AdaptedModule, Pair> pairs = new LinkedHashMap<>();
        for (AdaptedModule module : config.modules(base)) {
            pairs.put(module, new Pair(tensors.apply(module.downName()), tensors.apply(module.upName())));
        }
        return new AdapterWeights(config, pairs);
    }

    /** Numbers in all matrices. */
    public long parameters() {
        return pairs.values().stream()
                .mapToLong(pair -> pair.down().elements() + pair.up().elements())
                .sum();
    }

    /**
     * Writes an adapter's two files into a directory that is there, so that peft loads them. Each is durable when this returns.
     *
     * @param storedAs F32, BF16 or F16; tensors are float32, in host memory
     * @return the file of tensors, with its checksum
     * @throws dev.cria.base.UserError with exit code 1 if the tensors cannot be written
     * @throws IOException if the configuration cannot be written
     */
    public SafetensorsWriter.Written write(Path directory, DType storedAs) throws IOException {
        config.write(directory);
        SafetensorsWriter writer = new SafetensorsWriter();
        pairs.forEach((module, pair) -> {
            writer.add(module.downName(), pair.down(), storedAs);
            writer.add(module.upName(), pair.up(), storedAs);
        });
        return writer.write(directory.resolve(FILE));
    }
}
