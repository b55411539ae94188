package dev.cria.model.convert;

import dev.cria.base.UserError;
import dev.cria.model.adapter.AdapterMerge;
import dev.cria.model.adapter.AdapterPlan;
import dev.cria.model.gguf.GgufWriter;
import dev.cria.model.hub.HubCache;
import dev.cria.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Converts a model: opens it, plans every tensor, checks the output's place, and writes. */
public final class ModelConverter {
    private ModelConverter() {}

    /**
     * Converts a model. Weights pass through a few buffers of some megabytes; the model is never in memory as a whole. Whatever instant the
     * process dies at, the output is there wholly or not at all.
     *
     * @param input a Hugging Face directory, a GGUF file, or a directory that holds one; or an adapter's folder, which means its base with the
     *     adapter merged into it
     * @param output the file or directory to write
     * @param device where weights are converted; a CPU
     * @throws UserError if the input is refused, the output must not or cannot be written, or a weight is not finite
     */
    public static ConversionResult run(
            Path input, Path output, ConversionOptions options, Device device, Consumer<ConversionProgress> progress) {
        AdapterPlan adapted = AdapterPlan.of(input, options.adapters(), HubCache.ofProcess());
        List<String> notices = new ArrayList<>();
        try (ModelSource base = ModelSource.open(adapted.base());
                AdapterMerge adapters = AdapterMerge.open(adapted, base.config(), notices::add)) {
            ModelSource source = AdapterTexts.choose(base, adapted);
            ConversionPlan plan = ConversionPlan.of(source, adapters, options);
            long bytes = plan.targetBytes().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            requirePlace(source, output, options, bytes);
            notices.addAll(plan.notices(options.type()));
            if (!source.hasTokenizer()) {
                notices.add(source.path() + " has no tokenizer, so neither has " + output);
            }
            try (TensorConverter converter = new TensorConverter(device, meter(plan.sourceBytes(), progress))) {
                int files = 1;
                if (options.format() == ModelFormat.GGUF) {
                    GgufWriter writer = GgufOutput.prepare(source, plan, converter, options);
                    writer.write(output);
                } else {
                    files = HuggingFaceOutput.write(source, plan, converter, options, output);
                }
                return new ConversionResult(plan.targetBytes(), files, notices);
            }
        }
    }

    private static BiConsumer<String, Long> meter(long total, Consumer<ConversionProgress> progress) {
        long start = System.nanoTime();
        AtomicLong done = new AtomicLong();
        return (tensor, bytes) -> progress.accept(
                new ConversionProgress(tensor, done.addAndGet(bytes), total, (System.nanoTime() - start) / 1e9));
    }

    private static void requirePlace(ModelSource source, Path output, ConversionOptions options, long bytes) {
        Path parent = output.toAbsolutePath().normalize().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new UserError("the folder of " + output + " does not exist", "create it, or name another place");
        }
        try {
            if (Files.exists(output)) {
                requireReplaceable(source, output, options);
            }
            long free = Files.getFileStore(parent).getUsableSpace();
            if (free < bytes) {
                throw UserError.failed(
                        "the model will take " + bytes + " bytes, but " + parent + " has " + free + " left",
                        "free some space, choose a smaller --dtype, or write elsewhere");
            }
        } catch (IOException e) {
            throw new UserError("cannot look at " + output + ": " + e.getMessage(), "check its permissions", e);
        }
    }

    private static void requireReplaceable(ModelSource source, Path output, ConversionOptions options)
            throws IOException {
        if (Files.isSameFile(source.path(), output)) {
            throw new UserError(output + " is the model that is to be converted", "write to another place");
        }
        if (!options.force()) {
            throw new UserError(output + " is there already", "name another place, or add --force to replace it");
        }
        boolean directory = Files.isDirectory(output);
        if (options.format() == ModelFormat.GGUF ? directory : !directory || !holdsModel(output)) {
            throw new UserError(
                    output + (options.format() == ModelFormat.GGUF ? " is a folder" : " is no folder of a model")
                            + ", which --force does not replace",
                    "name another place");
        }
        if (directory
                && source.path()
                        .toAbsolutePath()
                        .normalize()
                        .startsWith(output.toAbsolutePath().normalize())) {
            throw new UserError(output + " holds the model that is to be converted", "write to another place");
        }
    }

    /** Whether a directory is what a conversion may have written: a configuration, and nothing but files. */
    private static boolean holdsModel(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return Files.exists(directory.resolve("config.json")) && files.allMatch(Files::isRegularFile);
        }
    }
}
