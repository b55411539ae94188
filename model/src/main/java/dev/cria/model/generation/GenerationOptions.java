package dev.cria.model.generation;

import dev.cria.base.UserError;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What to generate.
 *
 * @param maxNewTokens most tokens to add
 * @param sampling how each is chosen
 * @param stopStrings texts that end the generation; they are not part of the result
 * @param ignoreEos go on after an end-of-sequence token
 * @param overflow what happens when the context is full
 */
public record GenerationOptions(
        int maxNewTokens, SamplingOptions sampling, List<String> stopStrings, boolean ignoreEos, Overflow overflow) {
    /** @throws UserError if {@code maxNewTokens} is negative or a stop string empty */
    public GenerationOptions {
        if (maxNewTokens < 0) {
            throw new UserError("max-tokens is " + maxNewTokens, "give 0 or more");
        }
        stopStrings = List.copyOf(stopStrings);
        if (stopStrings.contains("")) {
            throw new UserError("a stop string is empty", "leave it out, or give it a character");
        }
    }

    /** A full context ends the text. */
    public GenerationOptions(int maxNewTokens, SamplingOptions sampling, List<String> stopStrings, boolean ignoreEos) {
        this(maxNewTokens, sampling, stopStrings, ignoreEos, Overflow.STOP);
    }

    /** No stop strings; ends at an end-of-sequence token. */
    public GenerationOptions(int maxNewTokens, SamplingOptions sampling) {
        this(maxNewTokens, sampling, List.of(), false);
    }

    public GenerationOptions withOverflow(Overflow value) {
        return new GenerationOptions(maxNewTokens, sampling, stopStrings, ignoreEos, value);
    }

    /** The most likely token always, up to so many. */
    public static GenerationOptions greedy(int maxNewTokens) {
        return new GenerationOptions(maxNewTokens, SamplingOptions.greedy());
    }

    /** Up to 256 tokens at temperature 0.8, others each time. */
    public static GenerationOptions defaults() {
        long seed = RandomGenerator.getDefault().nextLong();
        return new GenerationOptions(256, SamplingOptions.plain(seed).withTemperature(0.8));
    }

    public GenerationOptions withMaxNewTokens(int value) {
        return new GenerationOptions(value, sampling, stopStrings, ignoreEos, overflow);
    }

    public GenerationOptions withSampling(SamplingOptions value) {
        return new GenerationOptions(maxNewTokens, value, stopStrings, ignoreEos, overflow);
    }

    public GenerationOptions withStopStrings(List<String> value) {
        return new GenerationOptions(maxNewTokens, sampling, value, ignoreEos, overflow);
    }
}
