package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.StderrFilter;

/** Where {@code ./cria} enters. */
public final class Main {
    private Main() {}

    /** Runs one command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        Console console = Console.system(System.getenv());
        int code = CommandLines.run(console, args);
        StderrFilter.await(console, System.getenv());
        System.exit(code);
    }
}
