package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that only gathers others, such as {@code cria tokenizer}; called alone it shows its usage and counts as wrong usage. */
abstract class GroupCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec
    private CommandSpec spec;

    GroupCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        console.err().print(spec.commandLine().getUsageMessage());
        return spec.exitCodeOnInvalidInput();
    }
}
