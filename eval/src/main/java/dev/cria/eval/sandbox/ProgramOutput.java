package dev.cria.eval.sandbox;

import dev.cria.eval.sandbox.Verdict.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code confine.py} told: the lines that carry the nonce.
 *
 * @param confined whether the walls stood and the program was started
 * @param word how the program ended, where it was told
 * @param detail what belongs to it
 * @param rest the last line without the nonce: what Python itself said where it could not even start
 * @param cut whether there was more to read than is read
 */
record ProgramOutput(boolean confined, Optional<String> word, String detail, String rest, boolean cut) {
    private static final int KILL = 9;
    private static final int CPU_TIME = 24;
    private static final int BAD_CALL = 31;
    private static final int SIGNALLED = 128;
    private static final Map<Integer, String> NAMES =
            Map.of(4, "SIGILL", 6, "SIGABRT", 7, "SIGBUS", 8, "SIGFPE", 11, "SIGSEGV", 14, "SIGALRM", 15, "SIGTERM");

    /** Of what was read from the process. The first verdict counts. */
    static ProgramOutput parse(String nonce, String output, boolean cut) {
        boolean confined = false;
        Optional<String> word = Optional.empty();
        String detail = "";
        String rest = "";
        for (String line : output.lines().toList()) {
            List<String> parts = List.of(line.split(" ", 3));
            if (parts.size() < 2 || !parts.getFirst().equals(nonce)) {
                rest = line.isBlank() ? rest : line.strip();
            } else if (parts.get(1).equals("ready")) {
                confined = true;
            } else if (word.isEmpty()) {
                word = Optional.of(parts.get(1));
                detail = parts.size() > 2 ? parts.get(2).strip() : "";
            }
        }
        return new ProgramOutput(confined, word, detail, rest, cut);
    }

    /**
     * @param ended by itself, not because its time on the clock was up
     * @param exit its exit code; 128 and the signal's number where one ended it
     */
    Verdict verdict(boolean ended, int exit, Duration elapsed, SandboxLimits limits) {
        if (!confined) {
            String why = word.isPresent() ? detail : rest.isEmpty() ? "Python ended with exit code " + exit : rest;
            return new Verdict(Outcome.COULD_NOT_RUN, why, elapsed);
        }
        if (word.isPresent()) {
            return switch (word.get()) {
                case "passed" -> new Verdict(Outcome.PASSED, "", elapsed);
                case "memory" -> new Verdict(Outcome.OUT_OF_MEMORY, detail, elapsed);
                case "forbidden" -> new Verdict(Outcome.FORBIDDEN, detail, elapsed);
                default -> new Verdict(Outcome.FAILED, detail, elapsed);
            };
        }
        if (cut) {
            return new Verdict(Outcome.FAILED, "wrote into the pipe that its verdict is told on", elapsed);
        }
        if (!ended) {
            return new Verdict(Outcome.TIMED_OUT, "no end after " + seconds(limits.wall()) + " s", elapsed);
        }
        return withoutWord(exit, elapsed, limits);
    }

    private static Verdict withoutWord(int exit, Duration elapsed, SandboxLimits limits) {
        int signal = exit - SIGNALLED;
        // The kernel sends the same signal for time and for memory; before its time was up it cannot have been time.
        boolean usedItsTime = elapsed.compareTo(limits.cpu().multipliedBy(9).dividedBy(10)) >= 0;
        if (signal == CPU_TIME || (signal == KILL && usedItsTime)) {
            return new Verdict(
                    Outcome.TIMED_OUT, "no end after " + limits.cpuSeconds() + " s of processor time", elapsed);
        }
        return switch (signal) {
            case KILL -> new Verdict(Outcome.OUT_OF_MEMORY, "ended by the system, as it does for memory", elapsed);
            case BAD_CALL -> new Verdict(Outcome.FORBIDDEN, "a forbidden system call", elapsed);
            default ->
                signal > 0
                        ? new Verdict(
                                Outcome.FAILED, "crashed: " + NAMES.getOrDefault(signal, "signal " + signal), elapsed)
                        : new Verdict(
                                Outcome.FAILED, "left with exit code " + exit + " before its tests were done", elapsed);
        };
    }

    private static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0 ? Long.toString(time.toSeconds()) : Double.toString(time.toMillis() / 1e3);
    }
}
