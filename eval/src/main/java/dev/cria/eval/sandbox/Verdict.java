package dev.cria.eval.sandbox;

import dev.cria.base.UserError;
import java.time.Duration;

/**
 * What became of a program.
 *
 * @param detail one line for people: the exception, the signal, the limit; empty where it passed
 * @param elapsed from its start to its end
 */
public record Verdict(Outcome outcome, String detail, Duration elapsed) {
    /** The ways a program ends. */
    public enum Outcome {
        /** It ran to its end without an exception. */
        PASSED,
        /** An assertion failed, another exception ended it, it crashed, or it left before its end. */
        FAILED,
        /** It used up its processor time, or its time on the clock. */
        TIMED_OUT,
        /** It asked for more memory than it may have. */
        OUT_OF_MEMORY,
        /** It ended because of something that is forbidden to it: files, network, processes, threads. */
        FORBIDDEN,
        /** It never started; this says nothing about the program. */
        COULD_NOT_RUN
    }

    /**
     * Whether the program passed.
     *
     * @throws UserError if it could not be run at all, so that a broken machine never becomes a low score
     */
    public boolean passed() {
        if (outcome == Outcome.COULD_NOT_RUN) {
            throw UserError.failed(
                    "a generated program could not be run: " + detail,
                    "see that the machine has memory and processes to spare, then run again");
        }
        return outcome == Outcome.PASSED;
    }
}
