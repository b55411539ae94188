package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Where {@code ./cria} enters. */
public final class Main {
    private Main() {}

    /** Runs one command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        Console console = Console.system(System.getenv());
        int code = CommandLines.run(console, args);
        awaitFilter(console);
        System.exit(code);
    }

    /**
     * The launcher's stderr goes through a small filter process (see {@code ./cria}). Waits until it has passed on the last line, so that
     * nothing appears after the command has ended.
     */
    private static void awaitFilter(Console console) {
        String pid = System.getenv().getOrDefault("CRIA_STDERR_FILTER", "");
        if (!pid.matches("[0-9]{1,9}")) {
            return;
        }
        Optional<ProcessHandle> filter = ProcessHandle.of(Long.parseLong(pid));
        console.err().close();
        if (filter.isEmpty()) {
            return;
        }
        try {
            filter.get().onExit().get(1, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return; // the filter's business; our part is done
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
