package dev.cria.model.convert;

import dev.cria.tensor.RopeOrder;

/** What a model is written as. */
public enum ModelFormat {
    /** A directory as Hugging Face lays it out. */
    HF(RopeOrder.HALVES),
    /** One file as llama.cpp reads it. */
    GGUF(RopeOrder.PAIRS);

    private final RopeOrder ropeOrder;

    ModelFormat(RopeOrder ropeOrder) {
        this.ropeOrder = ropeOrder;
    }

    /** How the format orders the rows of q and k. */
    RopeOrder ropeOrder() {
        return ropeOrder;
    }
}
