package dev.cria.model.convert;

import dev.cria.base.UserError;
import dev.cria.model.adapter.AdapterChoice;
import java.util.List;

/**
 * What a model is to become.
 *
 * @param format how it is written
 * @param type what its weights are stored as
 * @param pure for quantised types: give every matrix just this type, not llama.cpp's mixture
 * @param largestShard for Hugging Face directories: most bytes of tensors in a file
 * @param force replace what is at the output
 * @param adapters what is merged into the weights on the way
 */
public record ConversionOptions(
        ModelFormat format,
        TargetType type,
        boolean pure,
        long largestShard,
        boolean force,
        List<AdapterChoice> adapters) {
    /** What transformers splits at. */
    public static final long DEFAULT_SHARD = 5_000_000_000L;

    public ConversionOptions {
        adapters = List.copyOf(adapters);
        if (format == ModelFormat.HF && type.dtype().isQuantised()) {
            throw new UserError(
                    "a Hugging Face directory holds f32, bf16 or f16 weights, not " + type.spelling(),
                    "use --format gguf, or another --dtype");
        }
        if (largestShard < 1) {
            throw new UserError("shards of " + largestShard + " bytes were asked for", "give a positive size");
        }
    }

    public ConversionOptions(ModelFormat format, TargetType type) {
        this(format, type, false, DEFAULT_SHARD, false, List.of());
    }

    public ConversionOptions withForce(boolean value) {
        return new ConversionOptions(format, type, pure, largestShard, value, adapters);
    }

    public ConversionOptions withPure(boolean value) {
        return new ConversionOptions(format, type, value, largestShard, force, adapters);
    }

    public ConversionOptions withLargestShard(long value) {
        return new ConversionOptions(format, type, pure, value, force, adapters);
    }

    public ConversionOptions withAdapters(List<AdapterChoice> value) {
        return new ConversionOptions(format, type, pure, largestShard, force, value);
    }
}
