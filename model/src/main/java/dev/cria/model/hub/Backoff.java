package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;

/**
 * Waits between attempts: twice as long after each failure, and as long as the server asks. What counts is progress: as long as each
 * attempt gets further than all before it, there may be any number of them; without progress their number is limited.
 */
final class Backoff {
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Duration LONGEST_ASKED = Duration.ofMinutes(10);

    private final TransferOptions options;
    private final String subject;
    private final Consumer<String> notices;
    private int failures;
    private long furthest;

    /**
     * @param subject what is being fetched, for messages
     * @param notices hears of every wait
     */
    Backoff(TransferOptions options, String subject, Consumer<String> notices) {
        this.options = options;
        this.subject = subject;
        this.notices = notices;
    }

    /**
     * Takes note of a failure and waits.
     *
     * @param reached how far the work is, in any unit that grows
     * @throws UserError if there is no hope
     */
    void failed(IOException why, long reached) throws InterruptedException {
        failures = reached > furthest ? 1 : failures + 1;
        furthest = Math.max(furthest, reached);
        Optional<Duration> asked = why instanceof RetryableException retry ? retry.pause() : Optional.empty();
        if (failures >= options.attempts() || why instanceof SSLException && reached == 0 && failures > 1) {
            throw giveUp(why);
        }
        if (asked.isPresent() && asked.get().compareTo(LONGEST_ASKED) > 0) {
            throw UserError.failed(
                    subject + ": the hub asks to wait " + asked.get().toMinutes() + " minutes",
                    "run the same command later, it goes on where it was; signed in (HF_TOKEN) more is allowed");
        }
        Duration pause = asked.orElseGet(this::pause);
        notices.accept(String.format(
                Locale.ROOT, "%s: %s; trying again in %.1f s", subject, describe(why), pause.toMillis() / 1e3));
        Thread.sleep(pause);
    }

    /** Up to half as long again, at random, so that many who failed together do not come back together. */
    private Duration pause() {
        double doubled = options.firstPause().toMillis() * Math.pow(2, Math.min(failures - 1, 20));
        double limited = Math.min(doubled, LONGEST.toMillis());
        return Duration.ofMillis(
                (long) (limited * (1 + ThreadLocalRandom.current().nextDouble() / 2)));
    }

    private UserError giveUp(IOException why) {
        String hint = why instanceof SSLException
                ? "check the clock and the certificates of this machine, and whether a proxy stands between"
                : "check the connection, then run the same command: it goes on where it was";
        return UserError.failed(
                subject + ": " + describe(why) + (failures > 1 ? " (" + failures + " attempts)" : ""), hint);
    }

    private static String describe(IOException why) {
        String message = why.getMessage() == null ? "" : ": " + RepositoryPaths.printable(why.getMessage());
        return switch (why) {
            case RetryableException retry -> String.valueOf(retry.getMessage());
            case ContentChangedException changed -> String.valueOf(changed.getMessage());
            case HttpConnectTimeoutException timeout -> "no connection in time";
            case HttpTimeoutException timeout -> "no answer in time";
            case ConnectException refused -> "no connection" + message;
            case UnknownHostException unknown -> "no such host" + message;
            case SSLException ssl -> "no secure connection" + message;
            default -> "the connection broke" + message;
        };
    }
}
