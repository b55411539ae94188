package dev.cria.model;

import dev.cria.model.layers.LayerWeights;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * Weights in a device's own memory in place of a mapped file. A file lies in pages of 4 KiB, and one thread that reads through them waits at each
 * page; own memory lies in huge ones where the system has them.
 */
final class CopiedWeights {
    private final Device device;
    private final Workspace workspace;
    private final List<Tensor> originals = new ArrayList<>();
    private final List<Tensor> copies = new ArrayList<>();

    private CopiedWeights(Device device, Workspace workspace) {
        this.device = device;
        this.workspace = workspace;
    }

    /** A copy of all that is read for every token; an embedding that is not the head stays where it is. Adapters and norms do too. */
    static LlamaWeights of(LlamaWeights weights, Device device, Workspace workspace) {
        CopiedWeights copies = new CopiedWeights(device, workspace);
        List<LayerWeights> layers = new ArrayList<>();
        for (LayerWeights layer : weights.layers()) {
            layers.add(new LayerWeights(
                    layer.inputNorm(),
                    copies.of(layer.qkv()),
                    copies.of(layer.output()),
                    layer.postAttentionNorm(),
                    copies.of(layer.gateUp()),
                    copies.of(layer.down()),
                    layer.adapter()));
        }
        Tensor head = copies.of(weights.head());
        boolean tied =
                weights.head().data().address() == weights.embedding().data().address();
        copies.fill();
        return new LlamaWeights(
                weights.config(),
                tied ? head : weights.embedding(),
                layers,
                weights.finalNorm(),
                head,
                weights.ropeOrder());
    }

    private List<Tensor> of(List<Tensor> tensors) {
        return tensors.stream().map(this::of).toList();
    }

    private Tensor of(Tensor tensor) {
        Tensor copy = workspace.allocate(tensor.dtype(), tensor.dims());
        originals.add(tensor);
        copies.add(copy);
        return copy;
    }

    /** On all threads: most of the time goes into pages that come into being. */
    private void fill() {
        device.runAtOnce(copies.size(), i -> {
            Tensor original = originals.get(i);
            device.upload(original.data(), copies.get(i));
            if (original.data().isMapped()) {
                original.data().unload(); // the file's pages are not held a second time
            }
        });
    }
}
