package dev.cria.train.metrics;

/**
 * The held-out loss after an update.
 *
 * @param step updates done before the measurement
 * @param loss mean nats per token
 * @param bitsPerByte the same per byte of the held-out text, which does not depend on the tokenizer: loss / ln 2 · tokens / bytes; NaN where the
 *     bytes are not known, as for conversations, of which parts are learnt
 * @param tokens tokens measured
 * @param seconds time it took
 * @param time when it ended: seconds since 1970
 */
public record ValidationMetrics(long step, double loss, double bitsPerByte, long tokens, double seconds, double time) {
    /** Whether {@link #bitsPerByte} is known; where it is not, it is written nowhere. */
    public boolean hasBitsPerByte() {
        return !Double.isNaN(bitsPerByte);
    }
}
