package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.gguf.GgufFile;
import dev.cria.model.gguf.GgufTensor;
import dev.cria.model.gguf.GgufTokenizer;
import dev.cria.model.layers.LayerWeights;
import dev.cria.tensor.Device;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.text.GgufVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A Llama in a GGUF file: its weights where they are mapped, rotated in pairs as the file has them, and whatever else it needs. Norms are
 * copied, as float32; nothing else is.
 */
public final class GgufModel implements AutoCloseable {
    private final GgufFile file;
    private final Workspace workspace;
    private final Adoption adoption;
    private final LlamaWeights weights;

    private GgufModel(GgufFile file, LlamaConfig config, Workspace workspace, Device device) {
        this.file = file;
        this.workspace = workspace;
        this.adoption = new Adoption(device, workspace);
        List<LayerWeights> layers = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            String prefix = GgufNames.layer(i);
            layers.add(new LayerWeights(
                    norm(prefix + "attn_norm.weight"),
                    List.of(
                            matrix(prefix + "attn_q.weight"),
                            matrix(prefix + "attn_k.weight"),
                            matrix(prefix + "attn_v.weight")),
                    matrix(prefix + "attn_output.weight"),
                    norm(prefix + "ffn_norm.weight"),
                    List.of(matrix(prefix + "ffn_gate.weight"), matrix(prefix + "ffn_up.weight")),
                    matrix(prefix + "ffn_down.weight")));
        }
        Tensor embedding = matrix(GgufNames.EMBEDDING);
        Tensor head = config.tieWordEmbeddings() ? embedding : matrix(GgufNames.HEAD);
        this.weights = new LlamaWeights(config, embedding, layers, norm(GgufNames.FINAL_NORM), head, RopeOrder.PAIRS);
    }

    /**
     * Where a GGUF file is meant: a file that begins as one, or a directory without {@code config.json} that holds just one.
     *
     * @throws UserError if the directory holds several
     */
    public static Optional<Path> locate(Path path) {
        if (!Files.isDirectory(path)) {
            return Optional.of(path).filter(GgufFile::isGguf);
        }
        if (Files.exists(path.resolve("config.json"))) {
            return Optional.empty();
        }
        List<Path> found;
        try (Stream<Path> files = Files.list(path)) {
            found = files.filter(file -> file.toString().endsWith(".gguf"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UserError("cannot read " + path + ": " + e.getMessage(), "check its permissions", e);
        }
        if (found.size() > 1) {
            throw new UserError(
                    path + " holds " + found.size() + " GGUF files: "
                            + String.join(
                                    ", ",
                                    found.stream()
                                            .map(Path::getFileName)
                                            .map(Path::toString)
                                            .toList()),
                    "name the one to take");
        }
        return found.stream().findFirst();
    }

    /**
     * Opens a file; every tensor's presence and shape is checked, none is read but the norms.
     *
     * @throws UserError if it is damaged, no Llama, or of types that Cria does not compute with
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static GgufModel open(Path path, Device device) {
        GgufFile file = GgufFile.open(path);
        Workspace workspace = device.workspace();
        boolean opened = false;
        try {
            GgufModel model = new GgufModel(file, checkedConfig(file), workspace, device);
            opened = true;
            return model;
        } finally {
            if (!opened) {
                workspace.close();
                file.close();
            }
        }
    }

    /**
     * The configuration of a file that holds exactly the tensors of it.
     *
     * @throws UserError if one is missing, unexpected or of another shape, or the metadata is refused
     */
    public static LlamaConfig checkedConfig(GgufFile file) {
        LlamaConfig config = GgufConfig.read(file);
        Map<String, List<Long>> shapes = GgufNames.shapes(config);
        shapes.forEach((name, shape) -> {
            GgufTensor tensor = file.find(name)
                    .orElseThrow(() -> new UserError(
                            file.path() + " has no tensor '" + name + "'", "check that the file holds a whole Llama"));
            if (!tensor.shape().equals(shape)) {
                throw new UserError(
                        file.path() + ": tensor '" + name + "' is " + tensor.describe() + "; the metadata asks for "
                                + shape,
                        "convert the model again with a current converter");
            }
        });
        for (String name : file.tensors().keySet()) {
            if (!shapes.containsKey(name) && !isDispensable(name)) {
                throw new UserError(
                        file.path() + " has a tensor '" + name + "' that a Llama of these metadata does not have",
                        "use a plain Llama, without biases or adapters");
            }
        }
        return config;
    }

    /** What some files hold beside the parameters: rotary frequencies. */
    private static boolean isDispensable(String name) {
        return name.equals(GgufNames.ROPE_DIVISORS)
                || name.equals("rope_factors_long.weight")
                || name.endsWith(".attn_rot_embd.weight");
    }

    public LlamaConfig config() {
        return weights.config();
    }

    /** Views of the mapped file; valid until {@link #close}. */
    public LlamaWeights weights() {
        return weights;
    }

    /** The file itself. */
    public GgufFile file() {
        return file;
    }

    /**
     * The tokenizer's vocabulary, if the file has one.
     *
     * @throws UserError if it is damaged or not SentencePiece's
     */
    public Optional<GgufVocabulary> vocabulary() {
        return GgufTokenizer.vocabulary(file);
    }

    /** The source of the chat template, if the file has one. */
    public Optional<String> chatTemplate() {
        return GgufTokenizer.chatTemplate(file);
    }

    private Tensor matrix(String name) {
        return adoption.matrix(file.tensor(name));
    }

    private Tensor norm(String name) {
        return adoption.norm(file.tensor(name));
    }

    @Override
    public void close() {
        workspace.close();
        file.close();
    }
}
