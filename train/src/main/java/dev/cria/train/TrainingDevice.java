package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.cuda.Devices;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.train.recipe.Recipe;
import java.lang.management.ManagementFactory;

/**
 * What a run computes on.
 *
 * @param precision of matrix products: f32, bf16 or fp8
 * @param description in a few words for the plan
 */
public record TrainingDevice(Device device, String precision, String description) implements AutoCloseable {
    /**
     * The device in the recipe's precision; {@code auto} is bf16 where the machine has it.
     *
     * @throws UserError if the recipe asks for bf16 or fp8 and the machine has it not, or for a GPU that is not there
     */
    public static TrainingDevice open(Recipe recipe) {
        Recipe.Training training = recipe.training();
        if (training.precision() == Recipe.Precision.FP8 && recipe.lora().isPresent()) {
            throw new UserError(
                    "training.precision is fp8, and an adapter's base is not multiplied in 8 bits",
                    "leave training.precision out; for less memory set lora.base=q8_0");
        }
        return training.device().isGpu() ? gpu(training) : cpu(training);
    }

    private static TrainingDevice gpu(Recipe.Training training) {
        Precision precision = switch (training.precision()) {
            case F32 -> Precision.F32;
            case BF16, AUTO -> Precision.BF16;
            case FP8 -> Precision.FP8;
        };
        Device device = Devices.open(training.device(), CpuOptions.defaults(), precision);
        String description = device.decisions().getFirst();
        return precision == Precision.FP8 ? narrow(device, description) : of(device, description);
    }

    /** A device whose products are in fp8. */
    static TrainingDevice narrow(Device device, String description) {
        return new TrainingDevice(device, "fp8", description + ", fp8 products and bf16 activations");
    }

    /** Whether products read copies of their operands in 8 bits. */
    boolean isNarrow() {
        return precision.equals("fp8");
    }

    /** A device of two precisions, as its activations tell. */
    static TrainingDevice of(Device device, String description) {
        boolean half = device.activationType() == DType.BF16;
        return new TrainingDevice(
                device,
                half ? "bf16" : "f32",
                description + (half ? ", bf16 products and activations" : ", f32 products"));
    }

    private static TrainingDevice cpu(Recipe.Training training) {
        CpuOptions options = training.threads() == 0
                ? CpuOptions.defaults()
                : CpuOptions.defaults().withThreads(training.threads());
        if (training.precision() == Recipe.Precision.FP8) {
            return opened(options.withPrecision(Precision.FP8), "fp8");
        }
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

    /** Whether its memory is not the host's. */
    boolean hasOwnMemory() {
        return device.totalBytes().isPresent();
    }

    /** Bytes that a run could take: what is free of the device's own memory, else all that the machine has. */
    long memory() {
        return device.freeBytes().orElseGet(TrainingDevice::machineMemory);
    }

    private static long machineMemory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : Runtime.getRuntime().maxMemory();
    }

    @Override
    public void close() {
        device.close();
    }
}
