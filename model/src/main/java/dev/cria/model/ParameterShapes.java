package dev.cria.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The names and shapes of a Llama's parameters in Hugging Face's files, in model order; known without allocating them. */
final class ParameterShapes {
    private ParameterShapes() {}

    static Map<String, List<Long>> of(LlamaConfig config) {
        long d = config.hiddenSize();
        long f = config.intermediateSize();
        long q = config.queryWidth();
        long kv = config.keyValueWidth();
        long v = config.vocabSize();
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        shapes.put("model.embed_tokens.weight", List.of(v, d));
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            String prefix = "model.layers." + i + ".";
            shapes.put(prefix + "input_layernorm.weight", List.of(d));
            shapes.put(prefix + "self_attn.q_proj.weight", List.of(q, d));
            shapes.put(prefix + "self_attn.k_proj.weight", List.of(kv, d));
            shapes.put(prefix + "self_attn.v_proj.weight", List.of(kv, d));
            shapes.put(prefix + "self_attn.o_proj.weight", List.of(d, q));
            shapes.put(prefix + "post_attention_layernorm.weight", List.of(d));
            shapes.put(prefix + "mlp.gate_proj.weight", List.of(f, d));
            shapes.put(prefix + "mlp.up_proj.weight", List.of(f, d));
            shapes.put(prefix + "mlp.down_proj.weight", List.of(d, f));
        }
        shapes.put("model.norm.weight", List.of(d));
        if (!config.tieWordEmbeddings()) {
            shapes.put("lm_head.weight", List.of(v, d));
        }
        return shapes;
    }
}
