package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.time.Duration;

/**
 * How bytes are moved.
 *
 * @param connections most connections at once
 * @param partBytes large files come in parts of this size, several at once
 * @param attempts failures without any progress after which to give up
 * @param firstPause pause after a first failure; it doubles with each further one
 * @param stall a connection that brings nothing for this long is given up
 */
public record TransferOptions(int connections, int partBytes, int attempts, Duration firstPause, Duration stall) {
    /** @throws UserError if a value makes no sense */
    public TransferOptions {
        if (connections < 1 || connections > 32) {
            throw new UserError("connections is " + connections, "give 1 to 32");
        }
        if (partBytes < 1 || attempts < 1 || firstPause.isNegative() || !stall.isPositive()) {
            throw new IllegalArgumentException("parts " + partBytes + ", attempts " + attempts + ", stall " + stall);
        }
    }

    /** For the internet of today: 6 connections, parts of 8 MiB, and patience of about two minutes. */
    public static TransferOptions defaults() {
        return new TransferOptions(6, 8 << 20, 8, Duration.ofSeconds(1), Duration.ofSeconds(30));
    }

    public TransferOptions withConnections(int count) {
        return new TransferOptions(count, partBytes, attempts, firstPause, stall);
    }
}
