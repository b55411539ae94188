package dev.cria.model;

import dev.cria.model.layers.BlockWeights;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All parameters of a Llama in one flat float32 tensor, and named views of it. The same layout serves gradients and optimizer moments.
 *
 * <p>Matrices come first and norm weights last, so that weight decay on matrices alone is one range; within a layer q, k, v and gate, up
 * are adjacent row ranges of one matrix, so that one GEMM serves them. Each part begins at a multiple of 64 bytes; the few elements
 * between parts are zero and stay zero (their gradient is zero), so that sums over {@link #flat} are sums over the parameters.
 */
public final class ParameterSet implements TrainableParameters {
    private final LlamaConfig config;
    private final Tensor flat;
    private final long matrixElements;
    private final Map<String, Tensor> byName;
    private final Tensor embedding;
    private final Tensor head;
    private final Tensor finalNorm;
    private final List<BlockWeights> layers;

    private ParameterSet(LlamaConfig config, Tensor flat) {
        this.config = config;
        this.flat = flat;
        int d = config.hiddenSize();
        FlatCursor matrices = new FlatCursor(flat, 0);
        Map<String, Tensor> names = new LinkedHashMap<>();
        embedding = matrices.take(config.vocabSize(), d);
        List<Tensor[]> layerMatrices = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            layerMatrices.add(new Tensor[] {
                matrices.take(config.qkvWidth(), d),
                matrices.take(d, config.queryWidth()),
                matrices.take(2L * config.intermediateSize(), d),
                matrices.take(d, config.intermediateSize())
            });
        }
        head = config.tieWordEmbeddings() ? embedding : matrices.take(config.vocabSize(), d);
        matrixElements = matrices.position();
        FlatCursor norms = new FlatCursor(flat, matrixElements);
        List<BlockWeights> built = new ArrayList<>();
        for (Tensor[] m : layerMatrices) {
            built.add(new BlockWeights(norms.take(d), m[0], m[1], norms.take(d), m[2], m[3]));
        }
        layers = List.copyOf(built);
        finalNorm = norms.take(d);
        if (norms.position() != flat.elements()) {
            throw new IllegalArgumentException(
                    flat + " does not fit the configuration; " + norms.position() + " elements are needed");
        }
        addNames(names);
        byName = Collections.unmodifiableMap(names);
    }

    private void addNames(Map<String, Tensor> names) {
        names.put("model.embed_tokens.weight", embedding);
        long q = config.queryWidth();
        long kv = config.keyValueWidth();
        long f = config.intermediateSize();
        for (int i = 0; i < layers.size(); i++) {
            BlockWeights layer = layers.get(i);
            String prefix = "model.layers." + i + ".";
            names.put(prefix + "input_layernorm.weight", layer.inputNorm());
            names.put(prefix + "self_attn.q_proj.weight", layer.qkv().rows(0, q));
            names.put(prefix + "self_attn.k_proj.weight", layer.qkv().rows(q, q + kv));
            names.put(prefix + "self_attn.v_proj.weight", layer.qkv().rows(q + kv, q + 2 * kv));
            names.put(prefix + "self_attn.o_proj.weight", layer.output());
            names.put(prefix + "post_attention_layernorm.weight", layer.postAttentionNorm());
            names.put(prefix + "mlp.gate_proj.weight", layer.gateUp().rows(0, f));
            names.put(prefix + "mlp.up_proj.weight", layer.gateUp().rows(f, 2 * f));
            names.put(prefix + "mlp.down_proj.weight", layer.down());
        }
        names.put("model.norm.weight", finalNorm);
        if (!config.tieWordEmbeddings()) {
            names.put("lm_head.weight", head);
        }
    }

    /** Elements of the flat tensor, the alignment gaps included. */
    public static long flatElements(LlamaConfig config) {
        long d = config.hiddenSize();
        long layer = FlatCursor.aligned(config.qkvWidth() * d)
                + FlatCursor.aligned(config.queryWidth() * d)
                + FlatCursor.aligned(2L * config.intermediateSize() * d)
                + FlatCursor.aligned(config.intermediateSize() * d)
                + 2 * FlatCursor.aligned(d);
        return FlatCursor.aligned(config.embeddingParameters()) * (config.tieWordEmbeddings() ? 1 : 2)
                + config.numHiddenLayers() * layer
                + FlatCursor.aligned(d);
    }

    /** New parameters, all zero, in memory of the workspace. */
    public static ParameterSet allocate(Workspace workspace, LlamaConfig config) {
        return new ParameterSet(config, workspace.allocate(DType.F32, flatElements(config)));
    }

    /**
     * Views of an existing flat tensor of this layout, such as an optimizer moment.
     *
     * @throws IllegalArgumentException if its size does not fit the configuration
     */
    public static ParameterSet over(Tensor flat, LlamaConfig config) {
        return new ParameterSet(config, flat);
    }

    @Override
    public ParameterSet over(Tensor flat) {
        return over(flat, config);
    }

    public LlamaConfig config() {
        return config;
    }

    /** Everything, [{@link #flatElements}]. */
    @Override
    public Tensor flat() {
        return flat;
    }

    /** The matrices (embedding and head included) as one flat range. */
    @Override
    public Tensor matrices() {
        return flat.rows(0, matrixElements);
    }

    /** The norm weights as one flat range. */
    @Override
    public Tensor vectors() {
        return flat.rows(matrixElements, flat.elements());
    }

    /** Hugging Face's tensor names in model order; no {@code lm_head.weight} when tied. */
    @Override
    public Set<String> names() {
        return byName.keySet();
    }

    /**
     * The view of a Hugging Face name.
     *
     * @throws IllegalArgumentException if there is none
     */
    @Override
    public Tensor tensor(String name) {
        Tensor tensor = byName.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("no parameter is named " + name);
        }
        return tensor;
    }

    /** Whether the parameter has two dimensions; norm weights have one. */
    public boolean isMatrix(String name) {
        return tensor(name).rank() == 2;
    }

    /** The embedding table, [V, D]. */
    public Tensor embedding() {
        return embedding;
    }

    /** The output head, [V, D]; the embedding table itself when tied. */
    public Tensor head() {
        return head;
    }

    /** Weight of the norm before the head, [D]. */
    public Tensor finalNorm() {
        return finalNorm;
    }

    public int layerCount() {
        return layers.size();
    }

    /** The parameters of block {@code index}. */
    public BlockWeights layer(int index) {
        return layers.get(index);
    }
}
