package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code cria doctor}: what this machine offers, what was decided about it, and what would mend the rest. */
@Command(
        name = "doctor",
        header = "Say what this machine offers, and what to install.",
        footerHeading = "%nExamples:%n",
        footer = {"  cria doctor", "  cria doctor --json | jq .checks"})
final class DoctorCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    DoctorCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("java " + Runtime.version());
        lines.add(
                "disk free " + Files.getFileStore(Path.of("").toAbsolutePath()).getUsableSpace());
        lines.forEach(console::print);
        return 0;
    }
}
