package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.layers.CachedBlock;
import dev.cria.tensor.Device;
import dev.cria.tensor.Workspace;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A Llama that answers: weights on a device, and the tokenizer that belongs to them. Immutable; several {@link LlamaSession}s may share
 * it, one at a time on one device.
 */
public final class LlamaModel implements AutoCloseable {
    private final Device device;
    private final LlamaWeights weights;
    private final TokenizerSource tokenizer;
    private final Runnable release;

    private LlamaModel(Device device, LlamaWeights weights, TokenizerSource tokenizer, Runnable release) {
        this.device = device;
        this.weights = weights;
        this.tokenizer = tokenizer;
        this.release = release;
    }

    /**
     * Opens a model: a Hugging Face directory, of one file or shards of float32, bfloat16 or float16; or a GGUF file, or a directory that holds
     * one. The weights are mapped, not read; every tensor's presence and shape is checked.
     *
     * @throws UserError if something is missing, damaged, or not a Llama
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static LlamaModel load(Path fileOrDirectory, Device device) {
        Optional<Path> gguf = GgufModel.locate(fileOrDirectory);
        if (gguf.isPresent()) {
            GgufModel mapped = GgufModel.open(gguf.get(), device);
            return new LlamaModel(device, mapped.weights(), TokenizerSource.inGguf(mapped), mapped::close);
        }
        MappedWeights mapped = MappedWeights.open(fileOrDirectory, device);
        return new LlamaModel(device, mapped.weights(), TokenizerSource.inDirectory(fileOrDirectory), mapped::close);
    }

    /** A model over weights that another owns, such as those of a {@link TrainableLlama}; closing it leaves them alone. */
    public static LlamaModel sharing(ParameterSet parameters, Device device, Optional<Tokenizer> tokenizer) {
        return sharing(LlamaWeights.of(parameters), device, tokenizer);
    }

    /** The same for weights of any type, adapters on them included. */
    public static LlamaModel sharing(LlamaWeights weights, Device device, Optional<Tokenizer> tokenizer) {
        return new LlamaModel(device, weights, TokenizerSource.of(tokenizer), () -> {});
    }

    /**
     * This model with other weights, such as its own with adapters on them. Close the new model instead of this one.
     *
     * @param alsoRelease what else is let go of then, after this model
     */
    public LlamaModel with(LlamaWeights other, Runnable alsoRelease) {
        return new LlamaModel(device, other, tokenizer, () -> {
            close();
            alsoRelease.run();
        });
    }

    /**
     * This model with a copy of its weights in the device's own memory, which one thread reads faster; itself where they lie there already. Close
     * the new model instead of this one.
     */
    @SuppressWarnings("MustBeClosedChecker")
    public LlamaModel inOwnMemory() {
        if (!weights.head().data().isMapped()) {
            return this;
        }
        Workspace workspace = device.workspace();
        boolean copied = false;
        try {
            LlamaWeights copies = CopiedWeights.of(weights, device, workspace);
            copied = true;
            return with(copies, workspace::close);
        } finally {
            if (!copied) {
                workspace.close();
            }
        }
    }

    /**
     * This model with the tokenizer and the chat template that lie in a directory, as far as there are any. Close the new model instead of this
     * one.
     *
     * @param foremost whether they come before the model's own, or only stand in for what it lacks
     */
    public LlamaModel withTextOf(Path directory, boolean foremost) {
        TokenizerSource there = TokenizerSource.inDirectory(directory);
        TokenizerSource both = foremost ? there.orElse(tokenizer) : tokenizer.orElse(there);
        return new LlamaModel(device, weights, both, this::close);
    }

    public LlamaConfig config() {
        return weights.config();
    }

    /** The weights. */
    public LlamaWeights weights() {
        return weights;
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

    /**
     * The template that turns a conversation into this model's text, if it has one.
     *
     * @throws UserError if there is one but it cannot be read
     */
    public Optional<ChatTemplate> chatTemplate() {
        return tokenizer.template();
    }

    Device device() {
        return device;
    }

    /** What the model's device chose, and why; a sentence each. */
    public List<String> decisions() {
        return device.decisions();
    }

    /** A new sequence that is computed {@linkplain SessionOptions#exact exactly}; errors as {@link #newSession(SessionOptions)}. */
    public LlamaSession newSession(int contextLength) {
        return newSession(SessionOptions.exact(contextLength));
    }

    /**
     * A new sequence with a key/value cache of its own.
     *
     * @throws UserError if its context is longer than the model's, or shorter than one token, or the cache's type does not suit the heads
     */
    public LlamaSession newSession(SessionOptions options) {
        check(options);
        return new LlamaSession(this, options);
    }

    /**
     * Room for several sequences that grow together and share nothing.
     *
     * @param count how many, each with a cache of its own
     * @throws UserError as {@link #newSession(SessionOptions)}, or if there is to be less than one
     */
    public BatchSession newBatchSession(SessionOptions options, int count) {
        check(options);
        if (count < 1) {
            throw new UserError("a batch of " + count + " sequences was asked for", "give 1 or more");
        }
        return new BatchSession(this, options, count);
    }

    /** Room for many sequences that share beginnings, {@linkplain SessionOptions#exact exact}; errors as {@link #newSession(SessionOptions)}. */
    public TreeSessions newTreeSessions(int contextLength) {
        SessionOptions options = SessionOptions.exact(contextLength);
        check(options);
        return new TreeSessions(this, options);
    }

    /** What all blocks of a session have in common; the rotary tables lie in the workspace. */
    CachedBlock.Setting blockSetting(Workspace workspace, SessionOptions options) {
        LlamaConfig config = config();
        RopeTables rope = RopeTables.create(device, workspace, config, options.contextLength());
        return new CachedBlock.Setting(
                device.kernels(),
                config.numAttentionHeads(),
                config.numKeyValueHeads(),
                (float) config.rmsNormEps(),
                rope.cos(),
                rope.sin(),
                weights().ropeOrder(),
                options.arithmetic());
    }

    private void check(SessionOptions options) {
        int longest = config().maxPositionEmbeddings();
        if (options.contextLength() < 1 || options.contextLength() > longest) {
            throw new UserError(
                    "a context of " + options.contextLength() + " tokens was asked for; this model holds 1 to "
                            + longest,
                    "choose a context within that");
        }
        if (config().headDim() % options.cache().dtype().blockSize() != 0) {
            throw new UserError(
                    "a cache of " + options.cache() + " needs heads of a multiple of 32; this model's have "
                            + config().headDim(),
                    "use f16");
        }
    }

    /** What tells this model from others, in hex; reads some rows of every weight. */
    public String fingerprint() {
        return ModelFingerprint.of(weights, device);
    }

    /** Lets go of the weights, if {@link #load} opened them; close sessions first. */
    @Override
    public void close() {
        release.run();
    }
}
