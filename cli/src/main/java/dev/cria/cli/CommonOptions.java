package dev.cria.cli;

import picocli.CommandLine.Option;

/** What every command understands. */
final class CommonOptions {
    static final String VERBOSE = "--verbose";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    @Option(
            names = {"-v", VERBOSE},
            description = "Say what is decided and why; errors come with a stack trace.")
    private boolean verbose;

    boolean verbose() {
        return verbose;
    }
}
