package dev.cria.model.lora;

import dev.cria.model.CounterRandom;
import dev.cria.model.LlamaConfig;
import dev.cria.model.adapter.AdaptedModule;
import dev.cria.tensor.Tensor;

/**
 * How an adapter begins, as in peft: A is Kaiming-uniform with a = √5 (arXiv 1502.01852), which is even in ±1/√I, and B is zero, so that the
 * model is its base. Each number is a function of (seed, name, index).
 */
public final class AdapterInitializer {
    private AdapterInitializer() {}

    /** Fills parameters, which must lie in host memory. */
    public static void kaiming(AdapterParameters parameters, LlamaConfig base, long seed) {
        for (AdaptedModule module : parameters.adapter().modules(base)) {
            uniform(parameters.tensor(module.downName()), CounterRandom.stream(seed, module.downName()));
            Tensor up = parameters.tensor(module.upName());
            for (long i = 0; i < up.elements(); i++) {
                up.setFloat(i, 0);
            }
        }
    }

    private static void uniform(Tensor down, long stream) {
        double bound = 1 / Math.sqrt(down.dim(1));
        for (long i = 0; i < down.elements(); i++) {
            down.setFloat(i, (float) (bound * (2 * CounterRandom.uniform(stream, i) - 1)));
        }
    }
}
