package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.Device;
import dev.cria.tensor.Workspace;
import dev.cria.text.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A Llama that answers: weights on a device, and the tokenizer that belongs to them. Immutable; several {@link LlamaSession}s may share
 * it, one at a time on one device.
 */
public final class LlamaModel implements AutoCloseable {
    private final Device device;
    private final ParameterSet parameters;
    private final TokenizerSource tokenizer;
    private final Optional<Workspace> owned;

    private LlamaModel(Device device, ParameterSet parameters, TokenizerSource tokenizer, Optional<Workspace> owned) {
        this.device = device;
        this.parameters = parameters;
        this.tokenizer = tokenizer;
        this.owned = owned;
    }

    /**
     * Loads a Hugging Face model directory: one file or shards, float32, bfloat16 or float16, widened to float32.
     *
     * @throws UserError if something is missing, damaged, or not a Llama; every tensor's presence and shape is checked before memory is
     *     allocated
     */
    public static LlamaModel load(Path directory, Device device) {
        LlamaConfig config = HuggingFaceDirectory.readConfig(directory);
        Workspace workspace = device.workspace();
        boolean loaded = false;
        try (Safetensors file = Safetensors.open(directory)) {
            HuggingFaceDirectory.requireWeights(file, config);
            ParameterSet parameters = ParameterSet.allocate(workspace, config);
            HuggingFaceDirectory.read(file, parameters, device);
            LlamaModel model =
                    new LlamaModel(device, parameters, TokenizerSource.inDirectory(directory), Optional.of(workspace));
            loaded = true;
            return model;
        } finally {
            if (!loaded) {
                workspace.close();
            }
        }
    }

    /** A model over weights that another owns, such as those of a {@link TrainableLlama}; closing it leaves them alone. */
    public static LlamaModel sharing(ParameterSet parameters, Device device, Optional<Tokenizer> tokenizer) {
        return new LlamaModel(device, parameters, TokenizerSource.of(tokenizer), Optional.empty());
    }

    public LlamaConfig config() {
        return parameters.config();
    }

    /** The weights. */
    public ParameterSet parameters() {
        return parameters;
    }

    /**
     * The tokenizer beside the weights, if there is one; loaded when first asked for, so that a model whose tokenizer is not understood
     * still gives logits.
     *
     * @throws UserError if there is one but it cannot be loaded
     */
    public Optional<Tokenizer> tokenizer() {
        return tokenizer.get();
    }

    Device device() {
        return device;
    }

    /**
     * A new sequence with a key/value cache of its own.
     *
     * @param contextLength most tokens it can hold
     * @throws UserError if that is more than the model's longest context, or less than one
     */
    public LlamaSession newSession(int contextLength) {
        int longest = config().maxPositionEmbeddings();
        if (contextLength < 1 || contextLength > longest) {
            throw new UserError(
                    "a context of " + contextLength + " tokens was asked for; this model holds 1 to " + longest,
                    "choose a context within that");
        }
        return new LlamaSession(this, contextLength);
    }

    /** Frees the weights, if {@link #load} allocated them; close sessions first. */
    @Override
    public void close() {
        owned.ifPresent(Workspace::close);
    }
}
