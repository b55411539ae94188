package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.StderrFilter;
import dev.cria.cuda.Devices;
import dev.cria.tensor.Device;
import dev.cria.tensor.DeviceName;
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
            description =
                    "Where to compute: cpu, cuda (an NVIDIA GPU) or cuda:1 (the second one); `cria doctor` says what is there (default: cpu, or what a recipe says).")
    private Optional<String> device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of the CPU to compute on (default: all processors).")
    private Optional<Integer> threads;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description =
                    "For training: f32, or bf16 matrix products with float32 accumulation where the machine has a matrix engine, or fp8 ones on a GPU (default: on a CPU f32, on a GPU bf16, or what a recipe says). Scores are float32 in any case.")
    private Optional<Precision> precision;

    /** The CPU options that the command line asks for. */
    CpuOptions cpu() {
        CpuOptions options = CpuOptions.defaults();
        if (threads.isPresent()) {
            options = options.withThreads(threads.get());
        }
        return precision.isPresent() ? options.withPrecision(precision.get()) : options;
    }

    /** The device that is asked for. @throws UserError if there is none of that name */
    DeviceName name() {
        return device.map(name -> DeviceName.parse(name)
                        .orElseThrow(
                                () -> new UserError("there is no device '" + name + "'", "give " + DeviceName.ALLOWED)))
                .orElse(DeviceName.CPU);
    }

    /** What training computes in on the device. */
    Precision training() {
        return precision.orElse(name().isGpu() ? Precision.BF16 : Precision.F32);
    }

    /** What was asked for, as settings of a recipe. */
    List<String> settings() {
        List<String> settings = new ArrayList<>();
        device.ifPresent(_ -> settings.add("training.device=" + name()));
        threads.ifPresent(count -> settings.add("training.threads=" + count));
        precision.ifPresent(
                name -> settings.add("training.precision=" + name.name().toLowerCase(Locale.ROOT)));
        return settings;
    }

    /** Refuses a GPU. @param what the command does on the CPU alone */
    void requireCpu(String what) {
        if (name().isGpu()) {
            throw new UserError(what + " on the CPU alone", "leave --device out");
        }
    }

    /** Opens the device; says what was decided where {@code common} asks for it. */
    Device open(Console console, CommonOptions common) {
        StderrFilter.bypass(System.getenv());
        Device opened = Devices.open(name(), cpu(), training());
        if (common.verbose()) {
            opened.decisions().forEach(console::say);
        }
        return opened;
    }
}
