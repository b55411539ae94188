package dev.cria.train.metrics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What one update was like.
 *
 * @param step number of the update, from 1
 * @param stage name of the stage it belongs to
 * @param loss mean nats per token of its batch, or mean loss of its pairs, before the update
 * @param learningRate the rate it used
 * @param gradientNorm global L2 norm before clipping
 * @param tokens tokens trained on since step 0, this step included
 * @param seconds wall-clock time it took
 * @param tokensPerSecond tokens of its batch over {@code seconds}
 * @param flopsPerSecond useful floating point operations over {@code seconds}, by the formula of {@code Flops}
 * @param shareOfPeak {@code flopsPerSecond} over the device's measured matrix product peak, 0 to 1
 * @param time when it ended: seconds since 1970
 * @param skipped why the update was left out, where it was
 * @param more other means over its batch, by name, such as {@code rewards/margins}
 */
public record StepMetrics(
        long step,
        String stage,
        double loss,
        double learningRate,
        double gradientNorm,
        long tokens,
        double seconds,
        double tokensPerSecond,
        double flopsPerSecond,
        double shareOfPeak,
        double time,
        Optional<String> skipped,
        Map<String, Double> more) {
    public StepMetrics {
        more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
    }

    /** Of a run that has no numbers of its own kind. */
    public StepMetrics(
            long step,
            String stage,
            double loss,
            double learningRate,
            double gradientNorm,
            long tokens,
            double seconds,
            double tokensPerSecond,
            double flopsPerSecond,
            double shareOfPeak,
            double time,
            Optional<String> skipped) {
        this(
                step,
                stage,
                loss,
                learningRate,
                gradientNorm,
                tokens,
                seconds,
                tokensPerSecond,
                flopsPerSecond,
                shareOfPeak,
                time,
                skipped,
                Map.of());
    }
}
