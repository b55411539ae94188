package dev.cria.model.adapter;

import dev.cria.model.LlamaConfig;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** Adapters of random numbers, large enough to change what a model says. */
public final class RandomAdapters {
    private static final List<String> ALL =
            List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");

    private RandomAdapters() {}

    /** One of rank 4 on every projection. */
    public static AdapterWeights all(LlamaConfig base, Arena arena, long seed) {
        return of(AdapterConfig.of(4, 8, 0, ALL, Optional.empty()), base, arena, seed);
    }

    /** One that a configuration describes. */
    public static AdapterWeights of(AdapterConfig config, LlamaConfig base, Arena arena, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<AdaptedModule, AdapterWeights.Pair> pairs = new LinkedHashMap<>();
        for (AdaptedModule module : config.modules(base)) {
            int r = config.rank(module);
            int inputs = module.projection().inputs(base);
            pairs.put(
                    module,
                    new AdapterWeights.Pair(
                            random(arena, random, 1 / Math.sqrt(inputs), r, inputs),
                            random(arena, random, 0.3, module.projection().outputs(base), r)));
        }
        return new AdapterWeights(config, pairs);
    }

    private static Tensor random(Arena arena, SplittableRandom random, double size, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (size * random.nextGaussian());
        }
        return Tensor.of(DType.F32, arena.allocate(4L * values.length, 64), rows, columns)
                .copyFrom(values);
    }
}
