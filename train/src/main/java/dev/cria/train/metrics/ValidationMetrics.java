package dev.cria.train.metrics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The held-out loss after an update.
 *
 * @param step updates done before the measurement
 * @param loss mean nats per token, or mean loss of pairs
 * @param bitsPerByte the same per byte of the held-out text, which does not depend on the tokenizer: loss / ln 2 · tokens / bytes; NaN where the
 *     bytes are not known, as for conversations, of which parts are learnt
 * @param tokens tokens measured
 * @param seconds time it took
 * @param time when it ended: seconds since 1970
 * @param more other means, by name, such as {@code rewards/margins}
 */
public record ValidationMetrics(
        long step,
        double loss,
        double bitsPerByte,
        long tokens,
        double seconds,
        double time,
        Map<String, Double> more) {
    public ValidationMetrics {
        more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
    }

    /** Of a run that has no numbers of its own kind. */
    public ValidationMetrics(long step, double loss, double bitsPerByte, long tokens, double seconds, double time) {
        this(step, loss, bitsPerByte, tokens, seconds, time, Map.of());
    }

    /** Whether {@link #bitsPerByte} is known; where it is not, it is written nowhere. */
    public boolean hasBitsPerByte() {
        return !Double.isNaN(bitsPerByte);
    }
}
