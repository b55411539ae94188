package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.jobs.Conversion;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Units;
import dev.cria.model.convert.ConversionOptions;
import dev.cria.model.convert.ConversionResult;
import dev.cria.model.convert.ModelFormat;
import dev.cria.model.convert.TargetType;
import dev.cria.tensor.Device;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria convert}: a model in another format, its weights in another type. */
@Command(
        name = "convert",
        header = "Write a model in another format, quantising it on the way.",
        description = {
            "Reads a Hugging Face model folder or a GGUF file, writes one or the other. Quantised files are mixtures as llama.cpp makes them. Weights stream through memory; the output appears when it is complete."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria convert --model DIR --output model-q4_k_m.gguf --format gguf --dtype q4_k_m",
            "  cria convert --model model.gguf --output DIR --format hf --dtype bf16",
            "  cria convert --model DIR --adapter LORA --adapter OTHER=0.5 --output merged.gguf --dtype q8_0"
        })
final class ConvertCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--output",
            paramLabel = "PATH",
            required = true,
            description = "The .gguf file or the folder to write.")
    private Path output;

    @Option(
            names = "--format",
            paramLabel = "NAME",
            description = "gguf or hf (default: gguf where the output ends in .gguf, else hf).")
    private Optional<String> format;

    @Option(
            names = "--dtype",
            paramLabel = "NAME",
            required = true,
            description = "f32, bf16 or f16; for GGUF also q8_0, q4_0, q4_k_m or q6_k.")
    private String dtype;

    @Option(
            names = "--pure",
            description = "Give every matrix of a quantised file the same type, instead of more bits to some.")
    private boolean pure;

    @Option(
            names = "--max-shard-size",
            paramLabel = "SIZE",
            defaultValue = "5GB",
            description = "Largest file of weights in a folder, such as 500MB or 5GB (default: ${DEFAULT-VALUE}).")
    private String shardSize;

    @Option(names = "--force", description = "Replace a model that is at the output already.")
    private boolean force;

    @Option(names = "--json", description = "When done, print one JSON object.")
    private boolean json;

    ConvertCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        ConversionOptions options = new ConversionOptions(
                format(),
                TargetType.parse(dtype),
                pure,
                ByteSizes.parse("--max-shard-size", shardSize),
                force,
                model.adapters());
        device.requireCpu("models are converted");
        try (Device opened = device.open(console, common)) {
            long start = System.nanoTime();
            ConversionResult result = Conversion.run(console, model.path(), output, options, opened);
            double seconds = (System.nanoTime() - start) / 1e9;
            result.notices().forEach(notice -> console.say("cria: " + notice));
            if (json) {
                console.print(Json.line(describe(result, seconds)));
            }
            console.say("wrote " + Units.bytes(result.bytes()) + " of weights to " + output
                    + (result.files() > 1 ? " in " + result.files() + " files" : "") + " in "
                    + Units.seconds(seconds));
        }
        return 0;
    }

    private ModelFormat format() {
        if (format.isEmpty()) {
            return output.toString().endsWith(".gguf") ? ModelFormat.GGUF : ModelFormat.HF;
        }
        return switch (format.get().toLowerCase(Locale.ROOT)) {
            case "gguf" -> ModelFormat.GGUF;
            case "hf" -> ModelFormat.HF;
            default -> throw new UserError("models are not written as '" + format.get() + "'", "choose gguf or hf");
        };
    }

    private Map<String, Object> describe(ConversionResult result, double seconds) {
        Map<String, Object> types = new TreeMap<>();
        result.bytesByType().forEach((type, bytes) -> types.put(type.name(), bytes));
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("output", output.toString());
        object.put("bytes_by_type", types);
        object.put("weight_bytes", result.bytes());
        object.put("files", result.files());
        object.put("seconds", seconds);
        object.put("notices", result.notices());
        return object;
    }
}
