package dev.cria.model.adapter;

import dev.cria.base.UserError;
import dev.cria.model.LlamaConfig;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.model.safetensors.TensorEntry;
import dev.cria.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** An adapter's directory as peft lays it out, opened: its tensors are mapped until {@link #close}. */
public final class Adapter implements AutoCloseable {
    private final Path directory;
    private final Safetensors file;
    private final AdapterWeights weights;

    private Adapter(Path directory, Safetensors file, AdapterWeights weights) {
        this.directory = directory;
        this.file = file;
        this.weights = weights;
    }

    /** Whether a directory is that of an adapter: it has an {@value AdapterConfig#FILE}, and no model of its own. */
    public static boolean isAdapter(Path path) {
        return Files.exists(path.resolve(AdapterConfig.FILE)) && !Files.exists(path.resolve("config.json"));
    }

    /**
     * Opens an adapter for a model.
     *
     * @param base the model's shape; every tensor is held against it
     * @throws UserError if something is missing or damaged, or the adapter is for a model of another shape, or of a kind that Cria does not know
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static Adapter open(Path directory, LlamaConfig base) {
        AdapterConfig config = readConfig(directory);
        Safetensors file = Safetensors.open(locate(directory));
        boolean opened = false;
        try {
            new AdapterCheck(directory, config, base).check(file);
            Adapter adapter = new Adapter(directory, file, AdapterWeights.of(config, base, file::tensor));
            opened = true;
            return adapter;
        } finally {
            if (!opened) {
                file.close();
            }
        }
    }

    /** Reads what an adapter is. Errors as {@link #open}. */
    public static AdapterConfig readConfig(Path directory) {
        if (!Files.exists(directory.resolve(AdapterConfig.FILE))) {
            throw new UserError(
                    Files.exists(directory)
                            ? directory + " is no adapter: it has no " + AdapterConfig.FILE
                            : directory + " does not exist",
                    "give the folder that holds " + AdapterConfig.FILE + " and " + AdapterWeights.FILE);
        }
        return AdapterConfig.read(directory);
    }

    private static Path locate(Path directory) {
        Path file = directory.resolve(AdapterWeights.FILE);
        if (!Files.exists(file)) {
            boolean pickled = Files.exists(directory.resolve("adapter_model.bin"));
            throw new UserError(
                    directory + " has no " + AdapterWeights.FILE + (pickled ? ", only an adapter_model.bin" : ""),
                    pickled
                            ? "save it again with peft: save_pretrained(…, safe_serialization=True)"
                            : "fetch the adapter again");
        }
        return file;
    }

    public Path directory() {
        return directory;
    }

    public AdapterConfig config() {
        return weights.config();
    }

    /** Views of the mapped file; valid until {@link #close}. */
    public AdapterWeights weights() {
        return weights;
    }

    /**
     * What to tell someone who puts it on a model, if it says that it was made for another. The names of models are not unique and their files get
     * moved and converted, so this is no refusal.
     *
     * @param model where the model came from
     */
    public Optional<String> noticeFor(Path model) {
        return config().base()
                .filter(name -> !BaseModel.isNamed(model, name))
                .map(name ->
                        "the adapter " + directory + " says that it belongs to '" + name + "'; it is put on " + model);
    }

    @Override
    public void close() {
        file.close();
    }

    /** Holds a file of tensors against what the configuration promises and the model has. */
    private record AdapterCheck(Path directory, AdapterConfig config, LlamaConfig base) {
        private static final String ANOTHER = "put the adapter on the model that it was trained on";

        void check(Safetensors file) {
            List<AdaptedModule> modules = config.modules(base);
            if (modules.isEmpty()) {
                throw new UserError(
                        directory.resolve(AdapterConfig.FILE) + ": target_modules match no layer of the model",
                        "a Llama's layers are q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj and down_proj");
            }
            for (String name : file.names()) {
                requireKnown(file.path(), name);
            }
            for (AdaptedModule module : modules) {
                long r = config.rank(module);
                require(file, module.downName(), List.of(r, (long)
                        module.projection().inputs(base)));
                require(
                        file,
                        module.upName(),
                        List.of((long) module.projection().outputs(base), r));
            }
        }

        private void requireKnown(Path file, String name) {
            AdaptedModule module = AdaptedModule.ofTensor(name)
                    .orElseThrow(
                            () -> new UserError(
                                    file + " has a tensor '" + name
                                            + "', which is none of a LoRA pair on a Llama's linear layers",
                                    name.contains("lora_magnitude")
                                            ? "the adapter is DoRA: merge it with peft, and convert the result"
                                            : "train with the seven projections of a block as the only targets, or merge it with peft"));
            if (module.layer() >= base.numHiddenLayers()) {
                throw new UserError(
                        file + " changes layer " + module.layer() + "; the model has layers 0 to "
                                + (base.numHiddenLayers() - 1) + ": the adapter is for another base",
                        ANOTHER);
            }
            if (!config.changes(module)) {
                throw new UserError(
                        file + " has a tensor '" + name + "', whose layer " + AdapterConfig.FILE + " does not target",
                        "fetch the adapter again: its two files do not belong together");
            }
        }

        private void require(Safetensors file, String name, List<Long> shape) {
            TensorEntry entry = file.find(name)
                    .orElseThrow(() -> new UserError(
                            file.path() + " has no tensor '" + name + "', which " + AdapterConfig.FILE + " promises",
                            "fetch the adapter again; or, if it is whole, " + ANOTHER));
            if (!entry.shape().equals(shape)) {
                throw new UserError(
                        file.path() + ": tensor '" + name + "' is " + entry.describe() + "; rank and model ask for "
                                + shape + ": the adapter is for another base, or of another rank",
                        ANOTHER);
            }
            if (entry.type().dtype().filter(type -> type != DType.I32).isEmpty()) {
                throw new UserError(
                        file.path() + ": tensor '" + name + "' is " + entry.describe()
                                + "; F32, BF16 and F16 can be read",
                        "convert the adapter");
            }
            if (!HostFloats.areFinite(HostFloats.of(file.tensor(name)))) {
                throw new UserError(
                        file.path() + ": tensor '" + name + "' has NaN or infinite weights",
                        "its training diverged: take an earlier checkpoint, or fetch it again");
            }
        }
    }
}
