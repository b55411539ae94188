package dev.cria.model.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A failure that may not happen again: a busy server, a broken connection, a body that ended early. */
final class RetryableException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Optional<Duration> pause;

    RetryableException(String message) {
        this(message, Optional.empty());
    }

    /** @param pause how long the server asks to wait */
    RetryableException(String message, Optional<Duration> pause) {
        super(message);
        this.pause = pause;
    }

    Optional<Duration> pause() {
        return pause;
    }
}
