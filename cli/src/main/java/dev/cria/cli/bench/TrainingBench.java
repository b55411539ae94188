package dev.cria.cli.bench;

import dev.cria.base.UserError;
import dev.cria.model.Batch;
import dev.cria.model.LlamaConfig;
import dev.cria.model.TrainableLlama;
import dev.cria.tensor.Device;
import dev.cria.train.AdamW;
import dev.cria.train.recipe.Recipe;
import java.util.OptionalLong;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Times training steps on random ids: forward, backward, clipping and AdamW, as a real run does them. */
public final class TrainingBench {
    private static final Recipe.Optimizer OPTIMIZER =
            new Recipe.Optimizer(0.9, 0.95, 1e-8, 0.1, Recipe.Decay.MATRICES, 1.0);

    private TrainingBench() {}

    /**
     * A measured step.
     *
     * @param tokensPerSecond B·T over the wall-clock time
     * @param tokensPerCpuSecond B·T over the CPU time of the whole process
     * @param start seconds since 1970
     * @param end seconds since 1970
     * @param peakMebibytes largest resident memory so far
     * @param deviceMebibytes what is taken of the device's own memory; absent where it has none
     */
    public record Sample(
            double tokensPerSecond,
            double tokensPerCpuSecond,
            double start,
            double end,
            long peakMebibytes,
            OptionalLong deviceMebibytes) {}

    /**
     * Measures up to {@code steps} steps after a warm-up, in which the JVM compiles what is hot.
     *
     * @param model with weights in it
     * @param goOn is told of each step as it is done, and says whether to measure another
     */
    public static void run(
            Device device,
            TrainableLlama model,
            int microBatch,
            int sequence,
            int warmUp,
            int steps,
            Predicate<Sample> goOn) {
        try (AdamW optimizer = new AdamW(device, model.trained(), model.rounded(), OPTIMIZER)) {
            Batch batch = randomBatch(model.config(), microBatch, sequence);
            for (int step = 0; step < warmUp; step++) {
                step(model, optimizer, batch);
            }
            for (int step = 0; step < steps; step++) {
                double cpu = ProcessUse.cpuSeconds();
                double start = System.currentTimeMillis() / 1e3;
                long nanos = System.nanoTime();
                step(model, optimizer, batch);
                device.synchronize();
                double seconds = (System.nanoTime() - nanos) / 1e9;
                Sample sample = new Sample(
                        batch.tokens() / seconds,
                        batch.tokens() / (ProcessUse.cpuSeconds() - cpu),
                        start,
                        System.currentTimeMillis() / 1e3,
                        ProcessUse.peakMebibytes(),
                        deviceMebibytes(device));
                if (!goOn.test(sample)) {
                    return;
                }
            }
        }
    }

    private static OptionalLong deviceMebibytes(Device device) {
        return device.totalBytes().isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(
                        (device.totalBytes().getAsLong() - device.freeBytes().getAsLong()) >> 20);
    }

    private static void step(TrainableLlama model, AdamW optimizer, Batch batch) {
        model.zeroGradients();
        DoubleSupplier loss = model.learn(batch, 1.0 / batch.tokens());
        double norm = optimizer.gradientNorm(model.gradients(), 1);
        if (!Double.isFinite(loss.getAsDouble())) {
            throw UserError.failed("the loss is not finite: the kernels compute nonsense here", "run cria doctor");
        }
        optimizer.update(model.gradients(), 5e-4, 1, norm);
    }

    private static Batch randomBatch(LlamaConfig config, int microBatch, int sequence) {
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        int[] inputs =
                random.ints((long) microBatch * sequence, 0, config.vocabSize()).toArray();
        int[] targets = new int[inputs.length];
        for (int n = 0; n < inputs.length; n++) {
            boolean last = n % sequence == sequence - 1;
            targets[n] = last ? random.nextInt(config.vocabSize()) : inputs[n + 1];
        }
        return Batch.of(microBatch, sequence, inputs, targets);
    }
}
