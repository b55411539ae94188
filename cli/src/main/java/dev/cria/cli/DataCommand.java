package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import picocli.CommandLine.Command;

/** {@code cria data}: text to token shards, and a look at them. */
@Command(
        name = "data",
        header = "Turn text into token shards, or look into them.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n")
final class DataCommand extends GroupCommand {
    DataCommand(Console console) {
        super(console);
    }
}
