package dev.cria.model;

import dev.cria.model.layers.BlockAdapter;
import dev.cria.model.layers.BlockWeights;
import dev.cria.model.layers.LayerWeights;
import dev.cria.tensor.DType;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The weights of a model that runs. They are views of whatever holds them, such as a mapped file or the parameters of a training run.
 *
 * @param config the shape
 * @param embedding [V, D], of any type
 * @param layers in order
 * @param finalNorm the norm after the last layer, float32 [D]
 * @param head [V, D], of any type; the embedding itself where the two are tied
 * @param ropeOrder which dimensions of q and k rotate together
 */
public record LlamaWeights(
        LlamaConfig config,
        Tensor embedding,
        List<LayerWeights> layers,
        Tensor finalNorm,
        Tensor head,
        RopeOrder ropeOrder) {
    public LlamaWeights {
        layers = List.copyOf(layers);
    }

    /** Views of parameters in Hugging Face's order. */
    public static LlamaWeights of(ParameterSet parameters) {
        List<LayerWeights> layers = new ArrayList<>();
        for (int i = 0; i < parameters.config().numHiddenLayers(); i++) {
            BlockWeights layer = parameters.layer(i);
            layers.add(new LayerWeights(
                    layer.inputNorm(),
                    List.of(layer.qkv()),
                    layer.output(),
                    layer.postAttentionNorm(),
                    List.of(layer.gateUp()),
                    layer.down()));
        }
        return new LlamaWeights(
                parameters.config(),
                parameters.embedding(),
                layers,
                parameters.finalNorm(),
                parameters.head(),
                RopeOrder.HALVES);
    }

    /** The same weights with adapters on them, one for each block. */
    public LlamaWeights withAdapters(List<BlockAdapter> adapters) {
        if (adapters.size() != layers.size()) {
            throw new IllegalArgumentException(adapters.size() + " adapters for " + layers.size() + " blocks");
        }
        List<LayerWeights> adapted = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            adapted.add(layers.get(i).with(adapters.get(i)));
        }
        return new LlamaWeights(config, embedding, adapted, finalNorm, head, ropeOrder);
    }

    /** The rank of all adapters together where it is largest; 0 where there are none. */
    public int adapterRank() {
        return layers.stream().mapToInt(layer -> layer.adapter().rank()).max().orElse(0);
    }

    /** Bytes of what adapters add. */
    public long adapterBytes() {
        return layers.stream().mapToLong(layer -> layer.adapter().bytes()).sum();
    }

    /** Bytes of all weights, without adapters; what is shared counts once. */
    public long bytes() {
        Set<Long> seen = new HashSet<>();
        return tensors().stream()
                .filter(tensor -> seen.add(tensor.data().address()))
                .mapToLong(Tensor::byteSize)
                .sum();
    }

    /** Bytes of weights that are read for one new token: everything but the embedding, unless it is the head as well; adapters too. */
    public long bytesPerToken() {
        boolean tied = head.data().address() == embedding.data().address();
        return bytes() + adapterBytes() - (tied ? 0 : embedding.byteSize());
    }

    /** The type of the matrices, by bytes the most common one. */
    public DType commonType() {
        long[] bytes = new long[DType.values().length];
        tensors().forEach(tensor -> bytes[tensor.dtype().ordinal()] += tensor.byteSize());
        int most = 0;
        for (int i = 1; i < bytes.length; i++) {
            most = bytes[i] > bytes[most] ? i : most;
        }
        return DType.values()[most];
    }

    private List<Tensor> tensors() {
        List<Tensor> tensors = new ArrayList<>(List.of(embedding, finalNorm, head));
        for (LayerWeights layer : layers) {
            tensors.addAll(List.of(layer.inputNorm(), layer.output(), layer.postAttentionNorm(), layer.down()));
            tensors.addAll(layer.qkv());
            tensors.addAll(layer.gateUp());
        }
        return tensors;
    }
}
