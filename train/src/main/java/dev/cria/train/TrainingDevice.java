package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.train.recipe.Recipe;

/**
 * What a run computes on.
 *
 * @param precision of matrix products, f32 or bf16
 * @param description in a few words for the plan
 */
record TrainingDevice(Device device, String precision, String description) implements AutoCloseable {
    /** The device in the recipe's precision; {@code auto} is bf16 where the machine has it. @throws UserError if the recipe asks for bf16 and it has not */
    static TrainingDevice open(Recipe recipe) {
        Recipe.Training training = recipe.training();
        CpuOptions options = training.threads() == 0
                ? CpuOptions.defaults()
                : CpuOptions.defaults().withThreads(training.threads());
        boolean half = training.precision() != Recipe.Precision.F32;
        if (half) {
            try {
                return opened(options.withPrecision(Precision.BF16), "bf16");
            } catch (UserError e) {
                if (training.precision() == Recipe.Precision.BF16) {
                    throw e;
                }
            }
        }
        return opened(options.withPrecision(Precision.F32), "f32");
    }

    private static TrainingDevice opened(CpuOptions options, String precision) {
        return new TrainingDevice(
                CpuDevice.open(options),
                precision,
                "cpu, %d threads, %s matrix products".formatted(options.threads(), precision));
    }

    @Override
    public void close() {
        device.close();
    }
}
