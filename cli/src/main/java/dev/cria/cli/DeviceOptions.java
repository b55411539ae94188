package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.StderrFilter;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where and how kernels run; shared by every command that computes. */
final class DeviceOptions {
    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "cpu",
            description = "Where to compute: ${DEFAULT-VALUE} (the only device of this build).")
    private String device;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute on (default: all processors).")
    private Optional<Integer> threads;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description =
                    "For training: f32, or bf16 matrix products with float32 accumulation where the machine has a matrix engine (default: f32, or what a recipe says). Scores are float32 in any case.")
    private Optional<Precision> precision;

    /** The CPU options that the command line asks for. */
    CpuOptions cpu() {
        CpuOptions options = CpuOptions.defaults();
        if (threads.isPresent()) {
            options = options.withThreads(threads.get());
        }
        return precision.isPresent() ? options.withPrecision(precision.get()) : options;
    }

    /** What was asked for, as settings of a recipe. */
    List<String> settings() {
        List<String> settings = new ArrayList<>();
        threads.ifPresent(count -> settings.add("training.threads=" + count));
        precision.ifPresent(
                name -> settings.add("training.precision=" + name.name().toLowerCase(Locale.ROOT)));
        return settings;
    }

    /** Opens the device; says what was decided where {@code common} asks for it. */
    Device open(Console console, CommonOptions common) {
        if (!device.equals("cpu")) {
            throw new UserError(
                    "there is no device '" + device + "' in this build", "leave --device out, or say --device cpu");
        }
        StderrFilter.bypass(System.getenv());
        Device opened = CpuDevice.open(cpu());
        if (common.verbose()) {
            opened.decisions().forEach(console::say);
        }
        return opened;
    }
}
