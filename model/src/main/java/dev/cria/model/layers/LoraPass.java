package dev.cria.model.layers;

/** What the adapters of a model do in the pass at hand. Not thread-safe. */
public final class LoraPass {
    private final float dropout;
    private boolean on = true;
    private boolean drops;
    private long stream;

    /** @param dropout share of the adapters' inputs that is dropped while learning */
    public LoraPass(double dropout) {
        this.dropout = (float) dropout;
    }

    /** Whether adapters take part; without them the model is its base. */
    public void switchOn(boolean value) {
        on = value;
    }

    /** The pass learns: inputs are dropped, as bits of a stream say. */
    public void learn(long bits) {
        drops = dropout > 0;
        stream = bits;
    }

    /** The pass only measures: nothing is dropped. */
    public void measure() {
        drops = false;
    }

    boolean isOn() {
        return on;
    }

    boolean drops() {
        return drops;
    }

    float dropout() {
        return dropout;
    }

    long stream() {
        return stream;
    }
}
