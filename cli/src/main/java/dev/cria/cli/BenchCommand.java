package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.bench.TrainingBench;
import dev.cria.cli.bench.TrainingBench.Sample;
import dev.cria.cli.terminal.Console;
import dev.cria.model.LlamaConfig;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuOptions;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria bench}: how fast this machine trains. */
@Command(
        name = "bench",
        header = "Time training steps of a shape on random tokens.",
        description = {
            "With --json, each measured step is one line with tokens per second (`train`), tokens per CPU second (`percpu`) and the peak of resident memory in MiB (`rss`)."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria bench --train --config 15m --micro-batch 8 --sequence 256 --threads 2",
            "  cria bench --train --config 110m --precision bf16 --json"
        })
final class BenchCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Option(names = "--train", required = true, description = "Time training (the one kind there is so far).")
    private boolean train;

    @Option(
            names = "--config",
            paramLabel = "NAME",
            defaultValue = "15m",
            description = "A preset, such as 15m, 110m or tinyllama-1.1b (default: ${DEFAULT-VALUE}).")
    private String config;

    @Option(
            names = "--micro-batch",
            paramLabel = "N",
            defaultValue = "8",
            description = "Sequences in a step (default: ${DEFAULT-VALUE}).")
    private int microBatch;

    @Option(
            names = "--sequence",
            paramLabel = "N",
            defaultValue = "256",
            description = "Tokens in a sequence (default: ${DEFAULT-VALUE}).")
    private int sequence;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "4",
            description = "Steps to measure (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--json", description = "Print one JSON object a step instead of text.")
    private boolean json;

    BenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        LlamaConfig shape = LlamaConfig.preset(config);
        if (microBatch < 1 || sequence < 1 || steps < 1) {
            throw new UserError("--micro-batch, --sequence and --steps are counts", "give 1 or more");
        }
        if (sequence > shape.maxPositionEmbeddings()) {
            throw new UserError(
                    "--sequence is " + sequence + ", longer than the context " + shape.maxPositionEmbeddings() + " of "
                            + config,
                    "give a shorter one");
        }
        CpuOptions options = device.cpu();
        try (Device opened = device.open(console, common)) {
            TrainingBench.run(opened, shape, microBatch, sequence, steps, sample -> print(sample, shape, options));
        }
        return 0;
    }

    private boolean print(Sample sample, LlamaConfig shape, CpuOptions options) {
        String precision = options.precision().name().toLowerCase(Locale.ROOT);
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("train", tenths(sample.tokensPerSecond()));
            line.put("percpu", tenths(sample.tokensPerCpuSecond()));
            line.put("params", shape.parameters());
            line.put("shape", config);
            line.put("mb", microBatch);
            line.put("mode", precision);
            line.put("threads", options.threads());
            line.put("t0", sample.start());
            line.put("t1", sample.end());
            line.put("rss", sample.peakMebibytes());
            console.print(Json.line(line));
        } else {
            console.print(String.format(
                    Locale.ROOT,
                    "%s %s, %d x %d tokens, %d threads: %.0f tokens/s, %.0f a CPU second, %.0f GFLOP/s, peak memory %d MiB",
                    config,
                    precision,
                    microBatch,
                    sequence,
                    options.threads(),
                    sample.tokensPerSecond(),
                    sample.tokensPerCpuSecond(),
                    sample.tokensPerSecond() * shape.trainingFlopsPerToken(sequence) / 1e9,
                    sample.peakMebibytes()));
        }
        console.flush();
        return true;
    }

    private static double tenths(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
