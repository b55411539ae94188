package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.model.Capacity;
import dev.cria.model.LlamaConfig;
import dev.cria.model.TrainingMemory;
import dev.cria.model.layers.Recompute;
import dev.cria.model.lora.AdapterOnBase;
import dev.cria.tensor.DType;
import dev.cria.train.recipe.Recipe;
import java.util.Optional;

/**
 * How a run fits into memory: what it takes at a micro-batch, and the micro-batch that {@code auto} stands for.
 *
 * @param narrow whether products read copies of their operands in 8 bits
 * @param available bytes it may take in all
 * @param taken bytes of those that lie there already: a base that is loaded
 * @param own whether that is the device's own memory, of which kernels need a little for themselves
 */
record MemoryFit(
        Recipe recipe,
        LlamaConfig config,
        Timeline timeline,
        Optional<LoraBase> lora,
        DType activations,
        boolean narrow,
        long available,
        long taken,
        boolean own) {
    /** The micro-batch of {@code auto} in the host's memory, where a larger one gains nothing. */
    private static final int USUAL = 8;

    /** Tokens of a micro-batch from which on a larger one gains nothing. */
    private static final long ENOUGH_TOKENS = 32_768;

    private static final long KERNELS_BYTES = 256L << 20;
    private static final int KERNELS_SHARE = 32;

    static MemoryFit of(
            Recipe recipe, LlamaConfig config, Timeline timeline, Optional<LoraBase> lora, TrainingDevice device) {
        boolean own = device.hasOwnMemory();
        // A base lies in the device's memory by now, and is not in what is free.
        long taken = own ? lora.map(base -> base.weights().bytes()).orElse(0L) : 0;
        return new MemoryFit(
                recipe,
                config,
                timeline,
                lora,
                device.device().activationType(),
                device.isNarrow(),
                device.memory() + taken,
                taken,
                own);
    }

    /** What the model has working memory for with micro-batches of so many samples. */
    Capacity capacity(int microBatch, Recompute recompute) {
        int passes = timeline.stages().stream()
                .mapToInt(stage -> Math.ceilDiv(stage.batchSequences(), microBatch))
                .max()
                .orElseThrow();
        return new Capacity(timeline.largestMicroBatch(microBatch), timeline.sequenceLength(), passes, recompute);
    }

    /** That of the recipe, once it says its micro-batch. */
    Capacity capacity(int microBatch) {
        return capacity(microBatch, recipe.training().recompute());
    }

    /** Bytes by kind. */
    TrainingMemory memory(Capacity capacity) {
        return lora.map(base -> AdapterOnBase.memory(base.weights(), base.adapter(), capacity, activations))
                .orElseGet(() -> {
                    TrainingMemory all = TrainingMemory.of(config, capacity, activations);
                    return narrow ? all.withNarrowOperands(config, capacity) : all;
                });
    }

    private boolean fits(Capacity capacity) {
        return memory(capacity).total() + reserve() <= available;
    }

    /** What kernels, libraries and the gaps between tensors take of a device's own memory. */
    long reserve() {
        return own ? KERNELS_BYTES + available / KERNELS_SHARE : 0;
    }

    /**
     * The recipe's micro-batch. {@code auto} is the largest that fits and gains anything, a little smaller where passes of one size then make up
     * the batch; the least where none fits.
     */
    int microBatch() {
        int asked = recipe.training().microBatch();
        if (asked != Recipe.Training.FITTING) {
            return asked;
        }
        if (!own) {
            return USUAL;
        }
        int largest = timeline.stages().stream()
                .mapToInt(Timeline.Stage::batchSequences)
                .max()
                .orElseThrow();
        long enough = Math.max(
                1, ENOUGH_TOKENS / timeline.sequenceLength() / timeline.sample().sequences());
        int most = (int) Math.min(largest, enough);
        int fitting = largestFitting(most, recipe.training().recompute());
        int passes = Math.ceilDiv(largest, Math.max(1, fitting));
        return Math.ceilDiv(largest, passes);
    }

    /** The most samples up to {@code most} that fit, or 0. */
    private int largestFitting(int most, Recompute recompute) {
        int low = 0;
        int high = most;
        while (low < high) {
            int middle = (low + high + 1) / 2;
            if (fits(capacity(middle, recompute))) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** @throws UserError if the run does not fit: by how much, and what would help. Better refused than killed an hour later. */
    void require(int microBatch) {
        Capacity capacity = capacity(microBatch);
        if (fits(capacity)) {
            return;
        }
        TrainingMemory memory = memory(capacity);
        long needed = memory.total() + reserve();
        throw new UserError(
                "the run needs " + TrainingPlan.bytes(needed) + " of memory, "
                        + (own ? "the GPU has " : "this machine has ") + TrainingPlan.bytes(available)
                        + (own ? " free" : "") + ": " + TrainingPlan.bytes(needed - available) + " too much ("
                        + "weights, gradients and optimiser "
                        + TrainingPlan.bytes(memory.total() - memory.activations()) + ", activations "
                        + TrainingPlan.bytes(memory.activations()) + ")",
                hint(microBatch));
    }

    /** The gentlest switch that makes it fit. */
    private String hint(int microBatch) {
        for (Recompute recompute : Recompute.values()) {
            if (recompute.compareTo(recipe.training().recompute()) > 0 && fits(capacity(microBatch, recompute))) {
                return "set training.recompute=" + name(recompute) + ", with which it needs "
                        + TrainingPlan.bytes(
                                memory(capacity(microBatch, recompute)).total() + reserve());
            }
        }
        Recompute kept = recipe.training().recompute();
        int fitting = largestFitting(microBatch, kept);
        if (fitting > 0) {
            return "set training.micro_batch=" + fitting + " or auto";
        }
        int least = largestFitting(microBatch, Recompute.FULL);
        if (least > 0) {
            return "set training.micro_batch=" + least + " and training.recompute=full";
        }
        return "lower training.sequence_length, choose a smaller model"
                + (own ? ", train an adapter (lora), or train on a GPU with more memory" : "");
    }

    private static String name(Recompute recompute) {
        return recompute.name().toLowerCase(java.util.Locale.ROOT);
    }
}
