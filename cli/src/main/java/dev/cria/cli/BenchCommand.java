package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.bench.DeviceMemorySpeed;
import dev.cria.cli.bench.GenerationBench;
import dev.cria.cli.bench.GenerationBench.Phase;
import dev.cria.cli.bench.ProcessUse;
import dev.cria.cli.bench.TrainingBench;
import dev.cria.cli.inspect.ModelPath;
import dev.cria.cli.terminal.Console;
import dev.cria.model.Capacity;
import dev.cria.model.Initializer;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.model.ParameterSet;
import dev.cria.model.TrainableLlama;
import dev.cria.model.layers.Recompute;
import dev.cria.tensor.Device;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.MemorySpeed;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria bench}: how fast this machine runs or trains a model. */
@Command(
        name = "bench",
        header = "Time reading prompts and writing tokens with a model, or training a shape, on random tokens.",
        description = {
            "Decoding reads every weight for every token, so its speed is also given as a share of the memory bandwidth measured here.",
            "With --json, each sample is one line with tokens per second (`prefill`, `decode` or `train`), tokens per CPU second (`percpu`), how many tokens (`n`) and when (`t0`, `t1`, seconds since 1970); the last line sums up."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria bench --model tinyllama-q4_0.gguf --threads 2",
            "  cria bench --model DIR --prefill 512 --decode 128 --depth 1024 --json",
            "  cria bench --train --config 110m --precision bf16 --json"
        })
final class BenchCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Mixin
    private SessionOptionGroup session = new SessionOptionGroup();

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "The model to run: a folder, a GGUF file, or the name of a model that was pulled.")
    private Optional<String> model;

    @Mixin
    private AdapterOption adapters = new AdapterOption();

    @Mixin
    private WeightsOption weights = new WeightsOption();

    @Option(
            names = "--config",
            paramLabel = "NAME",
            description =
                    "A preset to run with random weights, or to train, such as 15m, 110m or tinyllama-1.1b (default for --train: 15m).")
    private Optional<String> config;

    @Option(
            names = "--prefill",
            paramLabel = "N",
            defaultValue = "512",
            description = "Tokens of the prompt to time, or 0 (default: ${DEFAULT-VALUE}).")
    private int prefill;

    @Option(
            names = "--decode",
            paramLabel = "N",
            defaultValue = "128",
            description = "Tokens to write, or 0 (default: ${DEFAULT-VALUE}).")
    private int decode;

    @Option(
            names = "--depth",
            paramLabel = "N",
            defaultValue = "16",
            description = "Tokens in the context before the first that is written (default: ${DEFAULT-VALUE}).")
    private int depth;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "1",
            description = "Sequences to write together; speeds are of all of them (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--repetitions",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often to read and write (default: ${DEFAULT-VALUE}).")
    private int repetitions;

    @Option(names = "--train", description = "Time training steps instead.")
    private boolean train;

    @Option(
            names = "--micro-batch",
            paramLabel = "N",
            defaultValue = "8",
            description = "Training: sequences in a step (default: ${DEFAULT-VALUE}).")
    private int microBatch;

    @Option(
            names = "--sequence",
            paramLabel = "N",
            defaultValue = "256",
            description = "Training: tokens in a sequence (default: ${DEFAULT-VALUE}).")
    private int sequence;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "4",
            description = "Training: steps to measure (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "3",
            description = "Training: steps before the first that is measured (default: ${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(
            names = "--recompute",
            paramLabel = "WHAT",
            defaultValue = "none",
            description =
                    "Training: what the backward pass computes again instead of keeping: none, attention, full (default: ${DEFAULT-VALUE}).")
    private Recompute recompute;

    @Mixin
    private LoraBenchOptions lora = new LoraBenchOptions();

    @Option(names = "--json", description = "Print one JSON object a sample instead of text.")
    private boolean json;

    BenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (train && model.isPresent() != lora.isAsked()) {
            throw new UserError(
                    lora.isAsked() ? "--lora needs a model to adapt" : "--train takes a shape, not a model",
                    lora.isAsked()
                            ? "name it: --model MODEL"
                            : "give --config NAME instead of --model, or --lora RANK");
        }
        if (model.isEmpty() && !adapters.isEmpty()) {
            throw new UserError("--adapter needs a model to lie on", "name it: --model MODEL");
        }
        if (!train && model.isPresent() == config.isPresent()) {
            throw new UserError(
                    "what to run is not clear",
                    "give either --model MODEL or --config NAME, or --train to time training");
        }
        try (Device opened = device.open(console, common)) {
            if (train) {
                train(opened);
                return 0;
            }
            requirePlan();
            // Before the model is there, so that its memory is not in the model's peak.
            double bandwidth = device.name().isGpu()
                    ? DeviceMemorySpeed.bytesPerSecond(opened)
                    : MemorySpeed.readBytesPerSecond(device.cpu().threads());
            if (model.isPresent()) {
                try (LlamaModel loaded =
                        weights.place(adapters.load(ModelPath.resolve(model.get()), opened, console), true)) {
                    generate(loaded, bandwidth);
                }
            } else {
                generateRandom(opened, bandwidth);
            }
        }
        return 0;
    }

    private void train(Device opened) {
        if (microBatch < 1 || sequence < 1 || steps < 1 || warmUp < 0) {
            throw new UserError("--micro-batch, --sequence and --steps are counts", "give 1 or more");
        }
        if (lora.isAsked()) {
            String named = model.orElseThrow();
            lora.with(named, opened, capacity(), learning -> time(opened, learning, lora.name()));
            return;
        }
        String name = config.orElse("15m");
        LlamaConfig shape = LlamaConfig.preset(name);
        requireSequence(shape, name);
        try (TrainableLlama learning = TrainableLlama.create(opened, shape, capacity())) {
            Initializer.tinyLlama(learning.parameters(), 0, opened);
            learning.parametersChanged();
            time(opened, learning, name);
        }
    }

    private Capacity capacity() {
        return Capacity.of(microBatch, sequence).withRecompute(recompute);
    }

    private void time(Device opened, TrainableLlama learning, String name) {
        LlamaConfig shape = learning.config();
        requireSequence(shape, name);
        TrainingBench.run(opened, learning, microBatch, sequence, warmUp, steps, sample -> print(sample, name, shape));
    }

    private void requireSequence(LlamaConfig shape, String name) {
        if (sequence > shape.maxPositionEmbeddings()) {
            throw new UserError(
                    "--sequence is " + sequence + ", longer than the context " + shape.maxPositionEmbeddings() + " of "
                            + name,
                    "give a shorter one");
        }
    }

    private void requirePlan() {
        if (prefill < 0 || decode < 0 || prefill + decode == 0 || depth < 1 || batch < 1 || repetitions < 1) {
            throw new UserError(
                    "--prefill and --decode are counts, not both 0; --depth, --batch and --repetitions are 1 or more",
                    "leave them out for a usual measurement");
        }
    }

    private void generateRandom(Device opened, double bandwidth) {
        LlamaConfig shape = LlamaConfig.preset(config.orElseThrow());
        try (Workspace workspace = opened.workspace()) {
            ParameterSet parameters = ParameterSet.allocate(workspace, shape);
            Initializer.tinyLlama(parameters, 0, opened);
            try (LlamaModel random = LlamaModel.sharing(parameters, opened, Optional.empty())) {
                generate(random, bandwidth);
            }
        }
    }

    private void generate(LlamaModel loaded, double bandwidth) {
        GenerationBench.Plan plan = new GenerationBench.Plan(prefill, decode, depth, batch, repetitions);
        Map<Phase, List<Double>> speeds = new EnumMap<>(Phase.class);
        GenerationBench.run(loaded, session.toOptions(loaded, plan.context()), plan, sample -> {
            speeds.computeIfAbsent(sample.phase(), phase -> new ArrayList<>()).add(sample.tokensPerSecond());
            if (json) {
                print(sample);
            }
        });
        speeds.values().forEach(values -> values.sort(null));
        if (json) {
            console.print(Json.line(summary(loaded, bandwidth, speeds)));
        } else {
            describe(loaded, bandwidth, speeds);
        }
        console.flush();
    }

    private Map<String, Object> summary(LlamaModel loaded, double bandwidth, Map<Phase, List<Double>> speeds) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("type", loaded.weights().commonType().name());
        line.put("device", device.name().toString());
        line.put("threads", device.cpu().threads());
        line.put("batch", batch);
        speeds.forEach((phase, values) -> {
            String name = phase.name().toLowerCase(Locale.ROOT);
            line.put(name + "_best", tenths(values.getLast()));
            line.put(name + "_median", tenths(median(values)));
        });
        line.put("bytes_per_token", loaded.weights().bytesPerToken());
        line.put("memory_bandwidth", Math.round(bandwidth));
        if (speeds.containsKey(Phase.DECODE)) {
            line.put("bandwidth_share", Math.round(share(loaded, bandwidth, speeds) * 1000) / 1000.0);
        }
        line.put("rss", ProcessUse.peakMebibytes());
        return line;
    }

    private void describe(LlamaModel loaded, double bandwidth, Map<Phase, List<Double>> speeds) {
        console.print(String.format(
                Locale.ROOT,
                "%s weights, %s, peak memory %d MiB",
                loaded.weights().commonType(),
                where(),
                ProcessUse.peakMebibytes()));
        speeds.forEach((phase, values) -> {
            String what = phase == Phase.PREFILL
                    ? "reading " + prefill + " tokens"
                    : "writing after " + depth + (depth == 1 ? " token" : " tokens");
            console.print(String.format(
                    Locale.ROOT, "%s: %.1f tokens/s (median), %.1f (best)", what, median(values), values.getLast()));
        });
        if (speeds.containsKey(Phase.DECODE)) {
            double share = share(loaded, bandwidth, speeds);
            console.print(String.format(
                    Locale.ROOT,
                    "writing reads %.0f MB a "
                            + (batch > 1 ? "step of " + batch + " sequences" : "token")
                            + ": %.0f %% of the %.1f GB/s that memory gives here%s",
                    loaded.weights().bytesPerToken() / 1e6,
                    share * 100,
                    bandwidth / 1e9,
                    share > 1 ? "; these weights are read from the processor's caches" : ""));
        }
    }

    private double share(LlamaModel loaded, double bandwidth, Map<Phase, List<Double>> speeds) {
        return median(speeds.getOrDefault(Phase.DECODE, List.of()))
                / batch
                * loaded.weights().bytesPerToken()
                / bandwidth;
    }

    private String where() {
        return device.name().isGpu() ? device.name().toString() : device.cpu().threads() + " threads";
    }

    private static double median(List<Double> sorted) {
        return sorted.get(sorted.size() / 2);
    }

    private void print(GenerationBench.Sample sample) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put(sample.phase().name().toLowerCase(Locale.ROOT), tenths(sample.tokensPerSecond()));
        line.put("n", sample.tokens());
        line.put("percpu", tenths(sample.tokensPerCpuSecond()));
        line.put("t0", sample.start());
        line.put("t1", sample.end());
        console.print(Json.line(line));
        console.flush();
    }

    private boolean print(TrainingBench.Sample sample, String name, LlamaConfig shape) {
        String precision = device.training().name().toLowerCase(Locale.ROOT);
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("train", tenths(sample.tokensPerSecond()));
            line.put("percpu", tenths(sample.tokensPerCpuSecond()));
            line.put("params", shape.parameters());
            line.put("shape", name);
            line.put("mb", microBatch);
            line.put("mode", precision);
            line.put("device", device.name().toString());
            line.put("recompute", recompute.name().toLowerCase(Locale.ROOT));
            line.put("threads", device.cpu().threads());
            line.put("flops", sample.tokensPerSecond() * shape.trainingFlopsPerToken(sequence));
            line.put("t0", sample.start());
            line.put("t1", sample.end());
            line.put("rss", sample.peakMebibytes());
            sample.deviceMebibytes().ifPresent(mebibytes -> line.put("device_mib", mebibytes));
            console.print(Json.line(line));
        } else {
            console.print(String.format(
                    Locale.ROOT,
                    "%s %s, %d x %d tokens, %s: %.0f tokens/s, %.0f a CPU second, %speak memory %d MiB",
                    name,
                    precision,
                    microBatch,
                    sequence,
                    where(),
                    sample.tokensPerSecond(),
                    sample.tokensPerCpuSecond(),
                    lora.isAsked()
                            ? ""
                            : "%.0f GFLOP/s, "
                                    .formatted(sample.tokensPerSecond() * shape.trainingFlopsPerToken(sequence) / 1e9),
                    sample.peakMebibytes()));
        }
        console.flush();
        return true;
    }

    private static double tenths(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
