package dev.cria.model.lora;

import dev.cria.model.CounterRandom;
import dev.cria.model.LlamaConfig;
import dev.cria.model.adapter.AdaptedModule;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * How an adapter begins, as in peft: A is Kaiming-uniform with a = √5 (arXiv 1502.01852), which is even in ±1/√I, and B is zero, so that the
 * model is its base. Each number is a function of (seed, name, index).
 */
public final class AdapterInitializer {
    private AdapterInitializer() {}

    /** Fills parameters on a device. */
    public static void kaiming(AdapterParameters parameters, LlamaConfig base, long seed, Device device) {
        for (AdaptedModule module : parameters.adapter().modules(base)) {
            Tensor down = parameters.tensor(module.downName());
            float[] values = uniform(down, CounterRandom.stream(seed, module.downName()));
            device.upload(MemorySegment.ofArray(values), down);
            device.kernels().fill(parameters.tensor(module.upName()), 0);
        }
    }

    private static float[] uniform(Tensor down, long stream) {
        double bound = 1 / Math.sqrt(down.dim(1));
        float[] values = new float[Math.toIntExact(down.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (bound * (2 * CounterRandom.uniform(stream, i) - 1));
        }
        return values;
    }
}
