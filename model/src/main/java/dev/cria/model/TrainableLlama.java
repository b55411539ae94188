package dev.cria.model;

import dev.cria.model.Activations.StepTensors;
import dev.cria.model.layers.Block;
import dev.cria.model.layers.BlockActivations;
import dev.cria.model.layers.LmHead;
import dev.cria.model.layers.Recompute;
import dev.cria.model.layers.RmsNorm;
import dev.cria.model.layers.Scratch;
import dev.cria.model.layers.Sequences;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Function;

/**
 * A Llama that learns: parameters, their gradients, and the forward and backward pass of a micro-batch. All memory is allocated once, for
 * the largest micro-batch. Not thread-safe; the kernels use the device's threads themselves.
 */
public final class TrainableLlama implements AutoCloseable {
    private final LlamaConfig config;
    private final Device device;
    private final Kernels kernels;
    private final Workspace workspace;
    private final Learner learner;
    private final Tensor embedding;
    private final Activations activations;
    private final List<Block> blocks;
    private final RmsNorm finalNorm;
    private final LmHead head;
    private final int[] positions;
    private final Capacity capacity;
    private long passes;

    private TrainingNoise noise = TrainingNoise.NONE;

    private TrainableLlama(Device device, Workspace workspace, LlamaConfig config, Capacity capacity, Learner learner) {
        this.config = config;
        this.device = device;
        this.kernels = device.kernels();
        this.workspace = workspace;
        this.learner = learner;
        this.capacity = capacity;
        this.embedding = learner.embedding();
        this.activations = new Activations(workspace, config, capacity, device.activationType());
        RopeTables rope = RopeTables.create(device, workspace, config, capacity.maxTime());
        BlockStack stack = BlockStack.of(kernels, config, rope, learner.layers());
        this.blocks = stack.blocks();
        this.finalNorm = stack.finalNorm();
        this.head = stack.head();
        this.positions = new int[Math.toIntExact(capacity.tokens())];
    }

    /**
     * A model all of whose parameters learn and are zero; fill {@link #parameters} from an {@link Initializer} or a checkpoint.
     *
     * @param maxBatch most sequences of a micro-batch
     * @param maxTime most tokens of a sequence
     */
    public static TrainableLlama create(Device device, LlamaConfig config, int maxBatch, int maxTime) {
        return create(device, config, Capacity.of(maxBatch, maxTime));
    }

    /** The same with memory as asked for. */
    public static TrainableLlama create(Device device, LlamaConfig config, Capacity capacity) {
        return create(device, config, capacity, workspace -> new AllWeights(device, workspace, config));
    }

    /**
     * A model of which learns what a learner says.
     *
     * @param learner takes its memory from the model's workspace
     */
    public static TrainableLlama create(
            Device device, LlamaConfig config, Capacity capacity, Function<Workspace, Learner> learner) {
        Workspace workspace = device.workspace();
        boolean created = false;
        try {
            TrainableLlama model = new TrainableLlama(device, workspace, config, capacity, learner.apply(workspace));
            created = true;
            return model;
        } finally {
            if (!created) {
                workspace.close();
            }
        }
    }

    public LlamaConfig config() {
        return config;
    }

    /**
     * The weights of a model all of which learn.
     *
     * @throws IllegalStateException if only an adapter learns
     */
    public ParameterSet parameters() {
        if (learner.parameters() instanceof ParameterSet all) {
            return all;
        }
        throw new IllegalStateException("only an adapter learns, the weights are those of its base");
    }

    /** What learns: all weights, or an adapter. */
    public TrainableParameters trained() {
        return learner.parameters();
    }

    /** What {@link #forwardBackward} added up since {@link #zeroGradients}, in the layout of {@link #trained}. */
    public TrainableParameters gradients() {
        return learner.gradients();
    }

    /** What {@link Learner#rounded} says of it. */
    public Optional<TrainableParameters> rounded() {
        return learner.rounded();
    }

    /** To be called when anything but an optimiser that keeps {@link #rounded} up has changed the parameters. */
    public void parametersChanged() {
        learner.round();
    }

    /** All weights as a model that runs has them; those of the base, where an adapter learns. */
    public LlamaWeights weights() {
        return learner.weights();
    }

    /** Whether the adapter takes part from now on; without it, the model is its base. Without an adapter nothing changes. */
    public void switchAdapter(boolean on) {
        learner.switchAdapter(on);
    }

    /** What is drawn at random in the passes that learn, from now on. */
    public void draw(TrainingNoise drawn) {
        noise = drawn;
    }

    /** Bytes of device memory in use: parameters, gradients, activations. */
    public long allocatedBytes() {
        return workspace.allocatedBytes();
    }

    public void zeroGradients() {
        kernels.fill(gradients().flat(), 0);
    }

    /**
     * Adds the gradients of scale·Σ w·nll to {@link #gradients}.
     *
     * @param scale factor on the loss; 1/Σ w over a whole step makes it a mean
     * @return Σ w·nll in nats, not scaled; not finite if the model diverged
     * @throws IllegalArgumentException if the batch is larger than the model was made for, or an id is outside the vocabulary
     */
    public double forwardBackward(Batch batch, double scale) {
        return learn(batch, scale).getAsDouble();
    }

    /**
     * The same without waiting for a device that works beside the host.
     *
     * @return tells the loss, and waits for it; to be asked before {@link Capacity#microBatches} more passes have begun
     */
    public DoubleSupplier learn(Batch batch, double scale) {
        StepTensors step = upload(batch);
        forward(step, batch.sequences(), true);
        long pass = passes++;
        Tensor losses = activations.losses((int) (pass % capacity.microBatches()), batch.tokens());
        learn(step, losses, batch, batch.weights(), (float) scale);
        return () -> {
            if (passes - pass > capacity.microBatches()) {
                throw new IllegalStateException("later passes have overwritten the losses");
            }
            return kernels.sum(losses);
        };
    }

    /**
     * Adds the gradients of an objective to {@link #gradients}. The output head runs twice: for the likelihoods that the objective judges, and
     * for the gradients. The batch's weights have no part in it.
     *
     * @return the objective's loss
     * @throws IllegalArgumentException as above
     */
    public double forwardBackward(Batch batch, Objective objective) {
        StepTensors step = upload(batch);
        forward(step, batch.sequences(), true);
        float[] nll = likelihoods(step, batch);
        float[] factors = new float[batch.tokens()];
        double loss = objective.differentiate(nll, factors);
        learn(step, step.losses(), batch, factors, 1);
        return loss;
    }

    /** The gradients of scale·Σ w·nll after a forward pass. */
    private void learn(StepTensors step, Tensor losses, Batch batch, float[] weights, float scale) {
        device.upload(MemorySegment.ofArray(weights), step.weights());
        Scratch scratch = step.scratch();
        head.forwardBackward(
                losses, scratch.dNormed(), scratch.normed(), step.targets(), step.weights(), step.logits(), scale);
        backward(step, batch.sequences());
    }

    /** Negative log-likelihood of each token's target in nats, [N]; 0 where it is ignored. Errors as {@link #forwardBackward}. */
    public float[] negativeLogLikelihoods(Batch batch) {
        StepTensors step = upload(batch);
        forward(step, batch.sequences(), false);
        return likelihoods(step, batch);
    }

    private float[] likelihoods(StepTensors step, Batch batch) {
        head.negativeLogLikelihood(step.losses(), step.scratch().normed(), step.targets(), step.logits());
        float[] nll = new float[batch.tokens()];
        device.download(step.losses(), MemorySegment.ofArray(nll));
        return nll;
    }

    /** Σ w·nll in nats, without gradients. Errors as {@link #forwardBackward}. */
    public double evaluate(Batch batch) {
        float[] losses = negativeLogLikelihoods(batch);
        double sum = 0;
        for (int n = 0; n < batch.tokens(); n++) {
            sum += (double) batch.weights()[n] * losses[n];
        }
        return sum;
    }

    private StepTensors upload(Batch batch) {
        requireIds(batch);
        if (batch.sequences().longest() > capacity.maxTime()) {
            throw new IllegalArgumentException("a sequence of "
                    + batch.sequences().longest() + " tokens; memory was made for " + capacity.maxTime());
        }
        StepTensors step = activations.views(batch.batch(), batch.time());
        device.upload(MemorySegment.ofArray(batch.inputs()), step.ids());
        device.upload(MemorySegment.ofArray(batch.targets()), step.targets());
        batch.sequences().positions(positions);
        device.upload(MemorySegment.ofArray(positions).asSlice(0, batch.tokens() * 4L), step.positions());
        return step;
    }

    private void requireIds(Batch batch) {
        for (int n = 0; n < batch.tokens(); n++) {
            int id = batch.inputs()[n];
            int target = batch.targets()[n];
            if (id < 0 || id >= config.vocabSize() || target < Batch.IGNORED || target >= config.vocabSize()) {
                throw new IllegalArgumentException("token " + n + " has id " + id + " and target " + target
                        + "; the vocabulary is 0.." + (config.vocabSize() - 1));
            }
        }
    }

    /** Leaves the normed residual stream, [N, D], in the scratch. */
    private void forward(StepTensors step, Sequences sequences, boolean learns) {
        if (learns) {
            learner.learn(noise);
        } else {
            learner.measure();
        }
        Scratch scratch = step.scratch();
        BlockActivations first = step.blocks().getFirst();
        kernels.embedding(first.input(), embedding, step.ids());
        if (learns && noise.embeddingAlpha() > 0) {
            addNoise(first.input(), sequences);
        }
        blocks.getFirst().inputNorm().forward(scratch.normed(), first.inputRstd(), first.input());
        for (int i = 0; i < blocks.size(); i++) {
            BlockActivations kept = step.blocks().get(i);
            blocks.get(i).forward(kept, scratch, step.positions(), sequences);
            if (i + 1 < blocks.size()) {
                BlockActivations next = step.blocks().get(i + 1);
                blocks.get(i + 1)
                        .inputNorm()
                        .forwardAfterAdd(
                                next.input(), scratch.normed(), next.inputRstd(), kept.middle(), scratch.branch());
            } else {
                finalNorm.forwardAfterAdd(
                        step.finalInput(), scratch.normed(), step.finalRstd(), kept.middle(), scratch.branch());
            }
        }
    }

    /** NEFTune; each sequence has noise of its own. */
    private void addNoise(Tensor embedded, Sequences sequences) {
        sequences.forEach((first, B, T) -> {
            for (int b = 0; b < B; b++) {
                long from = first + (long) b * T;
                kernels.addNoise(
                        embedded.rows(from, from + T),
                        noise.magnitude(T, config.hiddenSize()),
                        noise.embeddingStream(from));
            }
        });
    }

    /** From the gradient of the last norm's output, in {@code scratch.dNormed}, down to the embedding. */
    private void backward(StepTensors step, Sequences sequences) {
        Scratch scratch = step.scratch();
        Tensor dResidual = scratch.dResidual();
        kernels.fill(dResidual, 0);
        finalNorm.backward(dResidual, scratch.dNormed(), step.finalInput(), step.finalRstd());
        for (int i = blocks.size() - 1; i >= 0; i--) {
            // What the last block leaves in memory that all share is still there.
            if (capacity.recompute() != Recompute.NONE && i < blocks.size() - 1) {
                blocks.get(i)
                        .recompute(capacity.recompute(), step.blocks().get(i), scratch, step.positions(), sequences);
            }
            blocks.get(i).backward(step.blocks().get(i), scratch, step.positions(), sequences);
        }
        learner.embeddingBackward(dResidual, step.ids());
    }

    /** What the last forward pass left; for tests against reference hidden states. */
    StepTensors lastStep(int batch, int time) {
        return activations.views(batch, time);
    }

    @Override
    public void close() {
        workspace.close();
    }
}
