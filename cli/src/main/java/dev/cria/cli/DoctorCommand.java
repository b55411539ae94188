package dev.cria.cli;

import dev.cria.cli.doctor.Check;
import dev.cria.cli.doctor.MachineChecks;
import dev.cria.cli.doctor.MatrixSpeed;
import dev.cria.cli.terminal.Console;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria doctor}: what this machine offers, what was decided about it, and what would mend the rest. */
@Command(
        name = "doctor",
        header = "Say what this machine offers, and what to install.",
        description = {
            "Looks at the JDK, processor, memory and disk, opens the CPU device and says which kernels it chose and why, and times a matrix product in each precision for a moment."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  cria doctor", "  cria doctor --json", "  cria doctor --threads 1"})
final class DoctorCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Option(names = "--json", description = "Print one JSON object instead of text.")
    private boolean json;

    DoctorCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        List<Check> checks = new ArrayList<>(MachineChecks.run(System.getenv()));
        checks.addAll(MatrixSpeed.run(device.cpu()));
        if (json) {
            console.print(Json.line(Map.of("version", Version.cria(), "checks", checks)));
            return 0;
        }
        console.print("cria " + Version.cria());
        checks.stream().flatMap(DoctorCommand::lines).forEach(console::print);
        return 0;
    }

    private static Stream<String> lines(Check check) {
        String line = String.format(
                Locale.ROOT,
                "  %-5s %-15s %s",
                check.status().name().toLowerCase(Locale.ROOT),
                check.name(),
                check.value());
        return check.hint().isEmpty()
                ? Stream.of(line)
                : Stream.of(line, String.format(Locale.ROOT, "  %-5s %-15s HINT: %s", "", "", check.hint()));
    }
}
