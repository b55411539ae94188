package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cria} itself: says what there is. */
@Command(
        name = "cria",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        header = "Raises a small Llama on the JVM: raw text to tokenizer to shards to a model that writes.",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria quickstart                                  train a model on the JDK's own sources, now",
            "  cria generate --model DIR --prompt \"public \"      let a model write",
            "  cria pull ORG/NAME                               fetch a model from a hub; --model takes its name then",
            "  cria chat --model ORG/NAME                       talk with it",
            "  cria COMMAND --help                              what a command does, with examples",
            "",
            "Exit codes: 0 done, 1 failed while running, 2 wrong usage or refused input.",
        })
final class RootCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print Cria's version and the JVM's.")
    private boolean version;

    @Spec
    private CommandSpec spec;

    RootCommand(Console console) {
        this.console = console;
    }

    /** Without a command: the usage, and the exit code of wrong usage. */
    @Override
    public Integer call() {
        console.err().print(spec.commandLine().getUsageMessage());
        return spec.exitCodeOnInvalidInput();
    }
}
