package dev.cria.train;

import dev.cria.model.TrainableParameters;
import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.train.recipe.Recipe;
import java.util.Optional;

/**
 * AdamW (Loshchilov and Hutter, arXiv 1711.05101) over flat parameters, with clipping of the global gradient norm. Averaging over
 * micro-batches and clipping are one factor on the gradient, applied while it is read.
 */
public final class AdamW implements AutoCloseable {
    /** Added to the norm before dividing by it, as PyTorch's {@code clip_grad_norm_} does. */
    private static final double CLIP_EPSILON = 1e-6;

    private final Device device;
    private final Recipe.Optimizer options;
    private final TrainableParameters parameters;
    private final Optional<TrainableParameters> rounded;
    private final Workspace workspace;
    private final TrainableParameters firstMoment;
    private final TrainableParameters secondMoment;
    private long updates;

    /** An optimiser of parameters without a rounded copy, whose moments are zero. */
    public AdamW(Device device, TrainableParameters parameters, Recipe.Optimizer options) {
        this(device, parameters, Optional.empty(), options);
    }

    /**
     * An optimiser whose moments are zero.
     *
     * @param rounded the parameters in bf16, kept up by each update; as {@link dev.cria.model.TrainableLlama#rounded} has it
     */
    public AdamW(
            Device device,
            TrainableParameters parameters,
            Optional<TrainableParameters> rounded,
            Recipe.Optimizer options) {
        this.rounded = rounded;
        this.device = device;
        this.options = options;
        this.parameters = parameters;
        this.workspace = device.workspace();
        this.firstMoment =
                parameters.over(workspace.allocate(DType.F32, parameters.flat().elements()));
        this.secondMoment =
                parameters.over(workspace.allocate(DType.F32, parameters.flat().elements()));
    }

    /** L2 norm of all gradients together, each times {@code averaging}; not finite exactly where a gradient is not. */
    public double gradientNorm(TrainableParameters gradients, double averaging) {
        return Math.sqrt(device.kernels().sumOfSquares(gradients.flat())) * averaging;
    }

    /**
     * One update of the parameters.
     *
     * @param gradients in the layout of the parameters
     * @param learningRate this update's rate
     * @param averaging factor that makes the gradients those of the mean loss: 1 / micro-batches where each was a mean of its own
     * @param norm {@link #gradientNorm} of the same gradients
     * @throws IllegalArgumentException if the norm is not finite: such an update would end the model
     */
    public void update(TrainableParameters gradients, double learningRate, double averaging, double norm) {
        if (!Double.isFinite(norm)) {
            throw new IllegalArgumentException("gradient norm " + norm);
        }
        updates++;
        double scale = averaging * clipCoefficient(norm);
        double decay = options.weightDecay();
        update(
                parameters.matrices(),
                rounded.map(TrainableParameters::matrices),
                gradients.matrices(),
                firstMoment.matrices(),
                secondMoment.matrices(),
                step(learningRate, decay, scale));
        update(
                parameters.vectors(),
                rounded.map(TrainableParameters::vectors),
                gradients.vectors(),
                firstMoment.vectors(),
                secondMoment.vectors(),
                step(learningRate, options.decay() == Recipe.Decay.ALL ? decay : 0, scale));
    }

    private double clipCoefficient(double norm) {
        return options.clip() == 0 ? 1 : Math.min(1, options.clip() / (norm + CLIP_EPSILON));
    }

    private AdamWStep step(double learningRate, double weightDecay, double scale) {
        return new AdamWStep(
                (float) learningRate,
                (float) options.beta1(),
                (float) options.beta2(),
                (float) options.epsilon(),
                (float) weightDecay,
                (float) scale,
                updates);
    }

    private void update(
            Tensor weights, Optional<Tensor> copy, Tensor gradients, Tensor first, Tensor second, AdamWStep step) {
        if (copy.isPresent()) {
            device.kernels().adamW(weights, copy.get(), gradients, first, second, step);
        } else {
            device.kernels().adamW(weights, gradients, first, second, step);
        }
    }

    /** Mean of the gradients, exponentially weighted. */
    public TrainableParameters firstMoment() {
        return firstMoment;
    }

    /** Mean of their squares. */
    public TrainableParameters secondMoment() {
        return secondMoment;
    }

    /** Updates done; differs from the run's step where steps were skipped. */
    public long updates() {
        return updates;
    }

    /** Goes on from a saved state: the moments have been filled, and {@code updates} updates were done. */
    public void resumeAt(long updates) {
        this.updates = updates;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
