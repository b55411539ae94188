package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import picocli.CommandLine.Command;

/** {@code cria tokenizer}: text to ids and back, and raising a tokenizer. */
@Command(
        name = "tokenizer",
        header = "Train a tokenizer, or turn text into ids and back.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n")
final class TokenizerCommand extends GroupCommand {
    TokenizerCommand(Console console) {
        super(console);
    }
}
