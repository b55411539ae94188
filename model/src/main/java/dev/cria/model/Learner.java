package dev.cria.model;

import dev.cria.tensor.Tensor;

/** Which weights of a model learn, and the layers that are made of them. */
interface Learner {
    /** What the optimiser moves. */
    TrainableParameters parameters();

    /** Gradients in the same layout, added up by backward passes. */
    TrainableParameters gradients();

    /** All weights as a model that runs has them, without what an adapter adds. */
    LlamaWeights weights();

    /** Adds to the embedding's gradient, if it learns: dY[N, D], ids I32 [N]. */
    void embeddingBackward(Tensor dY, Tensor ids);

    /** The layers. */
    BlockStack stack(RopeTables rope);
}
