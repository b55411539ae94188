package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.layers.LayerWeights;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.Device;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The weights of a Hugging Face directory where they lie: mapped, not copied, so that processes share them and start-up reads little. */
final class MappedWeights implements AutoCloseable {
    private final Safetensors file;
    private final Workspace workspace;
    private final Adoption adoption;
    private final LlamaWeights weights;

    private MappedWeights(LlamaConfig config, Safetensors file, Workspace workspace, Device device) {
        this.file = file;
        this.workspace = workspace;
        this.adoption = new Adoption(device, workspace);
        List<LayerWeights> layers = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            String prefix = "model.layers." + i + ".";
            layers.add(new LayerWeights(
                    norm(prefix + "input_layernorm"),
                    List.of(
                            matrix(prefix + "self_attn.q_proj"),
                            matrix(prefix + "self_attn.k_proj"),
                            matrix(prefix + "self_attn.v_proj")),
                    matrix(prefix + "self_attn.o_proj"),
                    norm(prefix + "post_attention_layernorm"),
                    List.of(matrix(prefix + "mlp.gate_proj"), matrix(prefix + "mlp.up_proj")),
                    matrix(prefix + "mlp.down_proj")));
        }
        Tensor embedding = matrix("model.embed_tokens");
        Tensor head = config.tieWordEmbeddings() ? embedding : matrix("lm_head");
        this.weights = new LlamaWeights(config, embedding, layers, norm("model.norm"), head, RopeOrder.HALVES);
    }

    /**
     * Maps a directory's weights; every tensor's presence, shape and type is checked.
     *
     * @throws UserError if something is missing, damaged, or not a Llama
     */
    @SuppressWarnings("MustBeClosedChecker")
    static MappedWeights open(Path directory, Device device) {
        LlamaConfig config = HuggingFaceDirectory.readConfig(directory);
        Safetensors file = Safetensors.open(directory);
        Workspace workspace = device.workspace();
        boolean opened = false;
        try {
            HuggingFaceDirectory.requireWeights(file, config);
            MappedWeights mapped = new MappedWeights(config, file, workspace, device);
            opened = true;
            return mapped;
        } finally {
            if (!opened) {
                workspace.close();
                file.close();
            }
        }
    }

    LlamaWeights weights() {
        return weights;
    }

    private Tensor matrix(String name) {
        return adoption.matrix(file.tensor(name + ".weight"));
    }

    /** Norms are small; they are kept in float32. */
    private Tensor norm(String name) {
        return adoption.norm(file.tensor(name + ".weight"));
    }

    @Override
    public void close() {
        workspace.close();
        file.close();
    }
}
