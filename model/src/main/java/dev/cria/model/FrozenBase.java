package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.layers.LayerWeights;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The weights below an adapter that learns: mapped where they lie, or stored anew as another type. Then a quantised type is for the layers of
 * the blocks, as in QLoRA (arXiv 2305.14314); embedding and head become bf16, unless they are as small already.
 */
public final class FrozenBase implements AutoCloseable {
    private final LlamaWeights weights;
    private final Device device;
    private final Runnable release;

    private FrozenBase(LlamaWeights weights, Device device, Runnable release) {
        this.weights = weights;
        this.device = device;
        this.release = release;
    }

    /**
     * Opens a base.
     *
     * @param path a Hugging Face directory or a GGUF file
     * @param type what its matrices are stored as; where absent, what they are
     * @throws UserError if something is missing or damaged, or rows are no whole blocks of the type
     */
    public static FrozenBase open(Path path, Device device, Optional<DType> type) {
        LlamaModel model = LlamaModel.load(path, device);
        LlamaWeights stored = model.weights();
        if (type.isEmpty() || isStoredAs(stored, type.get())) {
            return new FrozenBase(stored, device, model::close);
        }
        Workspace workspace = device.workspace();
        boolean copied = false;
        try {
            FrozenBase base =
                    new FrozenBase(new Copy(device, workspace, type.get()).of(stored), device, workspace::close);
            copied = true;
            return base;
        } finally {
            model.close();
            if (!copied) {
                workspace.close();
            }
        }
    }

    private static boolean isStoredAs(LlamaWeights weights, DType type) {
        List<Tensor> matrices = new ArrayList<>();
        for (LayerWeights layer : weights.layers()) {
            matrices.addAll(layer.qkv());
            matrices.addAll(layer.gateUp());
            matrices.addAll(List.of(layer.output(), layer.down()));
        }
        if (!type.isQuantised()) {
            matrices.addAll(List.of(weights.embedding(), weights.head()));
        }
        return matrices.stream().allMatch(matrix -> matrix.dtype() == type);
    }

    public LlamaWeights weights() {
        return weights;
    }

    /** What tells this base from others, its types included, in hex; reads some rows of every weight. */
    public String fingerprint() {
        return ModelFingerprint.of(weights, device);
    }

    /** Lets go of the weights; close what computes with them first. */
    @Override
    public void close() {
        release.run();
    }

    /** Copies weights one at a time. */
    private record Copy(Device device, Workspace workspace, DType type) {
        LlamaWeights of(LlamaWeights stored) {
            DType wide = type.isQuantised() ? DType.BF16 : type;
            Tensor embedding = copy("the embedding", stored.embedding(), smaller(stored.embedding(), wide));
            boolean tied =
                    stored.head().data().address() == stored.embedding().data().address();
            Tensor head = tied ? embedding : copy("the head", stored.head(), smaller(stored.head(), wide));
            List<LayerWeights> layers = new ArrayList<>();
            for (LayerWeights layer : stored.layers()) {
                layers.add(new LayerWeights(
                        copy("a norm", layer.inputNorm(), DType.F32),
                        copies("an attention projection", layer.qkv()),
                        copy("an attention projection", layer.output(), type),
                        copy("a norm", layer.postAttentionNorm(), DType.F32),
                        copies("a feed-forward projection", layer.gateUp()),
                        copy("a feed-forward projection", layer.down(), type)));
            }
            return new LlamaWeights(
                    stored.config(),
                    embedding,
                    layers,
                    copy("a norm", stored.finalNorm(), DType.F32),
                    head,
                    stored.ropeOrder());
        }

        /** With a quantised type asked for, what is smaller than bf16 stays. */
        private DType smaller(Tensor stored, DType wide) {
            return type.isQuantised() && stored.dtype().bytes(256) < wide.bytes(256) ? stored.dtype() : wide;
        }

        private List<Tensor> copies(String what, List<Tensor> stored) {
            return stored.stream().map(tensor -> copy(what, tensor, type)).toList();
        }

        private Tensor copy(String what, Tensor from, DType as) {
            if (from.dim(-1) % as.blockSize() != 0) {
                throw new UserError(
                        "lora.base: " + what + " has rows of " + from.dim(-1) + " numbers; " + as + " stores blocks of "
                                + as.blockSize(),
                        "choose bf16 or f32");
            }
            Tensor to = workspace.allocate(as, from.dims());
            device.kernels().convert(to, from);
            return to;
        }
    }
}
