package dev.cria.train;

import java.time.Duration;

/** How fast a run goes lately: an exponential mean over about twenty steps. */
final class Pace {
    private static final double KEEP = 0.95;

    private double tokens;
    private double seconds;

    void add(long stepTokens, double stepSeconds) {
        tokens = KEEP * tokens + stepTokens;
        seconds = KEEP * seconds + stepSeconds;
    }

    /** Time that so many tokens will take. */
    Duration timeFor(long remainingTokens) {
        return Duration.ofMillis((long) (1000.0 * remainingTokens * seconds / tokens));
    }
}
