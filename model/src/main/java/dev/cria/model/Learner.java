package dev.cria.model;

import dev.cria.tensor.Tensor;
import java.util.Optional;

/** Which weights of a model learn, and the layers that are made of them. */
public interface Learner {
    /** What the optimiser moves. */
    TrainableParameters parameters();

    /** Gradients in the same layout, added up by backward passes. */
    TrainableParameters gradients();

    /** All weights as a model that runs has them, without what an adapter adds. */
    LlamaWeights weights();

    /** The embedding table that passes look up, [V, D], of any type. */
    default Tensor embedding() {
        return weights().embedding();
    }

    /** The layers. */
    LearningLayers layers();

    /**
     * A bf16 copy of the parameters in the same layout, which the products read where activations are bf16; absent elsewhere. Whoever changes
     * parameters keeps it up: the optimiser in its own pass ({@link dev.cria.tensor.Kernels#adamW}), others by {@link #round}.
     */
    Optional<TrainableParameters> rounded();

    /** Makes the copy that of the parameters as they are. */
    void round();

    /** Adds to the embedding's gradient, if it learns: dY[N, D], ids I32 [N]. */
    default void embeddingBackward(Tensor dY, Tensor ids) {}

    /** A pass that learns begins. */
    default void learn(TrainingNoise noise) {}

    /** A pass that only measures begins. */
    default void measure() {}

    /** Whether an adapter takes part from now on, if there is one. */
    default void switchAdapter(boolean on) {}
}
