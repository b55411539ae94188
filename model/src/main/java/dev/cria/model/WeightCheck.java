package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.layers.LayerWeights;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks for the weight that spoilt a model's logits. It reads all weights, so it is asked only once they are spoilt. */
final class WeightCheck {
    private static final long PIECE = 4 << 20;

    private WeightCheck() {}

    /** What to tell the user whose logits are not finite: the first tensor with NaN or infinite weights, by the name it has in the file. */
    static UserError notFinite(LlamaWeights weights, Device device) {
        Optional<String> name = named(weights).entrySet().stream()
                .filter(entry -> !isFinite(entry.getValue(), device))
                .findFirst()
                .map(Map.Entry::getKey);
        return UserError.failed(
                "the model's logits are not finite"
                        + name.map(found -> ": tensor '" + found + "' has NaN or infinite weights")
                                .orElse(", though its weights are"),
                "its weights are damaged, or its training diverged: fetch it again, or take an earlier checkpoint");
    }

    private static boolean isFinite(Tensor tensor, Device device) {
        long width = tensor.dim(-1);
        long rows = tensor.elements() / width;
        Tensor matrix = tensor.reshape(rows, width);
        long step = Math.max(1, PIECE / width);
        for (long from = 0; from < rows; from += step) {
            Tensor part = matrix.rows(from, Math.min(rows, from + step));
            try (Workspace workspace = device.workspace()) {
                Tensor wide = workspace.allocate(DType.F32, part.dims());
                device.kernels().convert(wide, part);
                if (!Double.isFinite(device.kernels().sumOfSquares(wide))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** All tensors by their names in the file they come from; merged ones by that of their first part. */
    private static Map<String, Tensor> named(LlamaWeights weights) {
        Map<String, Tensor> named = new LinkedHashMap<>();
        boolean gguf = weights.ropeOrder() == RopeOrder.PAIRS;
        add(named, gguf, "model.embed_tokens", weights.embedding());
        for (int i = 0; i < weights.layers().size(); i++) {
            LayerWeights layer = weights.layers().get(i);
            String prefix = "model.layers." + i + ".";
            add(named, gguf, prefix + "input_layernorm", layer.inputNorm());
            List<String> attention = List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj");
            for (int part = 0; part < layer.qkv().size(); part++) {
                add(named, gguf, prefix + attention.get(part), layer.qkv().get(part));
            }
            add(named, gguf, prefix + "self_attn.o_proj", layer.output());
            add(named, gguf, prefix + "post_attention_layernorm", layer.postAttentionNorm());
            List<String> feedForward = List.of("mlp.gate_proj", "mlp.up_proj");
            for (int part = 0; part < layer.gateUp().size(); part++) {
                add(named, gguf, prefix + feedForward.get(part), layer.gateUp().get(part));
            }
            add(named, gguf, prefix + "mlp.down_proj", layer.down());
        }
        add(named, gguf, "model.norm", weights.finalNorm());
        add(named, gguf, "lm_head", weights.head());
        return named;
    }

    private static void add(Map<String, Tensor> named, boolean gguf, String name, Tensor tensor) {
        String weight = name + ".weight";
        named.put(gguf ? GgufNames.ofHuggingFace(weight).orElse(weight) : weight, tensor);
    }
}
