package dev.cria.model;

import java.util.List;

/** How rotary frequencies are stretched for contexts longer than those first trained on. */
public sealed interface RopeScaling {
    /** The frequencies as they are. */
    record None() implements RopeScaling {}

    /**
     * Every frequency divided by one factor (position interpolation, arXiv 2306.15595).
     *
     * @param factor at least 1 in practice; must be positive
     */
    record Linear(double factor) implements RopeScaling {}

    /**
     * Llama 3.1's scaling: low frequencies are divided by {@code factor}, high ones kept, those between blended (The Llama 3 Herd of Models,
     * arXiv 2407.21783).
     *
     * @param factor divisor of the low frequencies
     * @param lowFrequencyFactor wavelengths above originalContext / this are low
     * @param highFrequencyFactor wavelengths below originalContext / this are high
     * @param originalContext context length of the first training
     */
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext)
            implements RopeScaling {}

    /**
     * Each frequency divided by a number of its own, as GGUF files store scalings whose making is not known.
     *
     * @param values E/2 positive numbers
     */
    record Divisors(List<Float> values) implements RopeScaling {
        public Divisors {
            values = List.copyOf(values);
        }
    }
}
