package dev.cria.model;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.model.safetensors.SafetensorsWriter;
import dev.cria.model.safetensors.TensorEntry;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.text.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A model directory as Hugging Face lays it out: {@code config.json}, {@code generation_config.json}, {@code model.safetensors}. */
public final class HuggingFaceDirectory {
    private static final String WEIGHTS = "model.safetensors";
    private static final long STAGING_BYTES = 64L << 20;

    private HuggingFaceDirectory() {}

    /**
     * The configuration of a model directory.
     *
     * @throws UserError if it is no directory, or its {@code config.json} is refused
     */
    public static LlamaConfig readConfig(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new UserError(
                    directory + (Files.exists(directory) ? " is no directory" : " does not exist"),
                    "give a Hugging Face model directory, one with config.json and model.safetensors");
        }
        return LlamaConfig.read(directory.resolve("config.json"));
    }

    /**
     * Reads all parameters, converting bfloat16 and float16 to float32. Names and shapes of every tensor are checked before the first is
     * read.
     *
     * @throws UserError if a tensor is missing, unexpected, of another shape or type, or a file is damaged
     */
    public static void readInto(Path directory, ParameterSet parameters, Device device) {
        try (Safetensors file = Safetensors.open(directory)) {
            requireWeights(file, parameters.config());
            read(file, parameters, device);
        }
    }

    /**
     * Checks that a file holds exactly the weights of a configuration; nothing is allocated for them, so that a lying {@code config.json}
     * costs nothing. Errors as {@link #readInto}.
     */
    public static void requireWeights(Safetensors file, LlamaConfig config) {
        Map<String, List<Long>> shapes = ParameterShapes.of(config);
        shapes.forEach((name, shape) -> requireTensor(file, name, shape));
        for (String name : file.names()) {
            if (!shapes.containsKey(name) && !isDispensable(name, config)) {
                throw new UserError(
                        file.path() + " has a tensor '" + name + "' that a Llama of this config.json does not have",
                        "check that config.json and the weights belong together");
            }
        }
    }

    /** Names and shapes of a configuration's tensors, in model order; known without allocating them. */
    public static Map<String, List<Long>> shapes(LlamaConfig config) {
        return ParameterShapes.of(config);
    }

    /** Writes {@code config.json} for weights of a type, and {@code generation_config.json} where there is none yet. */
    public static void writeConfiguration(Path directory, LlamaConfig config, DType storedAs) throws IOException {
        DurableFiles.write(directory.resolve("config.json"), ConfigJson.render(config, torchName(storedAs)));
        Path generation = directory.resolve("generation_config.json");
        if (!Files.exists(generation)) {
            DurableFiles.write(generation, ConfigJson.renderGeneration(config));
        }
    }

    /** Copies checked weights. */
    static void read(Safetensors file, ParameterSet parameters, Device device) {
        for (String name : parameters.names()) {
            copy(file.tensor(name), parameters.tensor(name), device);
        }
    }

    private static void requireTensor(Safetensors file, String name, List<Long> shape) {
        TensorEntry entry = file.find(name)
                .orElseThrow(() -> new UserError(
                        file.path() + " has no tensor '" + name + "'",
                        name.equals("lm_head.weight")
                                ? "set tie_word_embeddings to true in config.json if the model has no head of its own"
                                : "check that config.json and the weights belong together"));
        if (!entry.shape().equals(shape)) {
            throw new UserError(
                    file.path() + ": tensor '" + name + "' is " + entry.describe() + "; config.json asks for " + shape,
                    "check that config.json and the weights belong together");
        }
        if (entry.type().dtype().filter(type -> type != DType.I32).isEmpty()) {
            throw new UserError(
                    file.path() + ": tensor '" + name + "' is " + entry.describe()
                            + "; F32, BF16 and F16 weights can be read",
                    "convert the weights");
        }
    }

    /** What some files hold beside the parameters: rotary tables, and the embedding a second time. */
    private static boolean isDispensable(String name, LlamaConfig config) {
        return name.endsWith("rotary_emb.inv_freq") || (config.tieWordEmbeddings() && name.equals("lm_head.weight"));
    }

    /** Host to device, through a bounded staging buffer where the type changes. */
    private static void copy(Tensor from, Tensor to, Device device) {
        if (from.dtype() == DType.F32) {
            device.upload(from.data(), to);
            return;
        }
        long elements = from.elements();
        Tensor flatFrom = from.reshape(elements);
        Tensor flatTo = to.reshape(elements);
        try (Workspace workspace = device.workspace()) {
            Tensor staging = workspace.allocate(from.dtype(), Math.min(elements, STAGING_BYTES / 2));
            for (long first = 0; first < elements; first += staging.elements()) {
                long end = Math.min(elements, first + staging.elements());
                Tensor part = staging.rows(0, end - first);
                device.upload(flatFrom.rows(first, end).data(), part);
                device.kernels().convert(flatTo.rows(first, end), part);
                device.synchronize();
            }
        }
    }

    /**
     * Writes configuration and weights so that {@code LlamaForCausalLM.from_pretrained} loads them. Each file is durable when this returns;
     * the directory as a whole is complete only then, so a caller that must survive a kill writes to a directory of its own and renames it.
     *
     * @param device where the parameters lie
     * @param storedAs F32, BF16 or F16
     * @param tokenizer a tokenizer's directory or one of its files; what there is of it is copied
     * @return the weights file, with its checksum
     * @throws UserError with exit code 1 if the directory cannot be written
     */
    public static SafetensorsWriter.Written write(
            Path directory, ParameterSet parameters, Device device, DType storedAs, Optional<Path> tokenizer) {
        LlamaConfig config = parameters.config();
        try {
            Files.createDirectories(directory);
            DurableFiles.write(directory.resolve("config.json"), ConfigJson.render(config, torchName(storedAs)));
            DurableFiles.write(directory.resolve("generation_config.json"), ConfigJson.renderGeneration(config));
            if (tokenizer.isPresent()) {
                Tokenizers.copyFiles(tokenizer.get(), directory);
                syncFiles(directory);
            }
        } catch (IOException e) {
            throw UserError.failed(
                    "cannot write the model to " + directory + ": " + e, "check free space and permissions there");
        }
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String name : parameters.names()) {
            writer.add(name, parameters.tensor(name), storedAs, device);
        }
        return writer.write(directory.resolve(WEIGHTS));
    }

    /** The same without tokenizer files. */
    public static SafetensorsWriter.Written write(
            Path directory, ParameterSet parameters, Device device, DType storedAs) {
        return write(directory, parameters, device, storedAs, Optional.empty());
    }

    /** Forces a directory and the files in it to the disk. */
    public static void syncFiles(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                DurableFiles.sync(file);
            }
        }
        DurableFiles.syncDirectory(directory);
    }

    private static String torchName(DType dtype) {
        return switch (dtype) {
            case F32 -> "float32";
            case BF16 -> "bfloat16";
            case F16 -> "float16";
            default -> throw new IllegalArgumentException("weights are not written as " + dtype);
        };
    }
}
