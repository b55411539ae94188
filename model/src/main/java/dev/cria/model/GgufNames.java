package dev.cria.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Names of a Llama's tensors in GGUF files, and what they are called in Hugging Face's. */
public final class GgufNames {
    public static final String EMBEDDING = "token_embd.weight";
    public static final String HEAD = "output.weight";
    public static final String ROPE_DIVISORS = "rope_freqs.weight";

    static final String FINAL_NORM = "output_norm.weight";

    private static final String HF_LAYER = "model.layers.";
    private static final Map<String, String> OUTSIDE =
            Map.of("model.embed_tokens.weight", EMBEDDING, "model.norm.weight", FINAL_NORM, "lm_head.weight", HEAD);
    private static final Map<String, String> INSIDE = Map.of(
            "input_layernorm.weight", "attn_norm.weight",
            "self_attn.q_proj.weight", "attn_q.weight",
            "self_attn.k_proj.weight", "attn_k.weight",
            "self_attn.v_proj.weight", "attn_v.weight",
            "self_attn.o_proj.weight", "attn_output.weight",
            "post_attention_layernorm.weight", "ffn_norm.weight",
            "mlp.gate_proj.weight", "ffn_gate.weight",
            "mlp.up_proj.weight", "ffn_up.weight",
            "mlp.down_proj.weight", "ffn_down.weight");

    private GgufNames() {}

    /** The GGUF name of a Hugging Face tensor such as {@code model.layers.3.mlp.up_proj.weight}, if it is one of a Llama's. */
    public static Optional<String> ofHuggingFace(String name) {
        if (!name.startsWith(HF_LAYER)) {
            return Optional.ofNullable(OUTSIDE.get(name));
        }
        int dot = name.indexOf('.', HF_LAYER.length());
        return Optional.ofNullable(INSIDE.get(name.substring(dot + 1)))
                .map(inside -> layer(name.substring(HF_LAYER.length(), dot)) + inside);
    }

    static String layer(Object index) {
        return "blk." + index + ".";
    }

    /** All tensors of a configuration with their shapes, rows first. */
    static Map<String, List<Long>> shapes(LlamaConfig config) {
        long d = config.hiddenSize();
        long f = config.intermediateSize();
        long q = config.queryWidth();
        long kv = config.keyValueWidth();
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        shapes.put(EMBEDDING, List.of((long) config.vocabSize(), d));
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            String prefix = layer(i);
            shapes.put(prefix + "attn_norm.weight", List.of(d));
            shapes.put(prefix + "attn_q.weight", List.of(q, d));
            shapes.put(prefix + "attn_k.weight", List.of(kv, d));
            shapes.put(prefix + "attn_v.weight", List.of(kv, d));
            shapes.put(prefix + "attn_output.weight", List.of(d, q));
            shapes.put(prefix + "ffn_norm.weight", List.of(d));
            shapes.put(prefix + "ffn_gate.weight", List.of(f, d));
            shapes.put(prefix + "ffn_up.weight", List.of(f, d));
            shapes.put(prefix + "ffn_down.weight", List.of(d, f));
        }
        shapes.put(FINAL_NORM, List.of(d));
        if (!config.tieWordEmbeddings()) {
            shapes.put(HEAD, List.of((long) config.vocabSize(), d));
        }
        return shapes;
    }
}
