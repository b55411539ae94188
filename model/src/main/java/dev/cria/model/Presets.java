package dev.cria.model;

import dev.cria.base.UserError;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Named shapes: TinyLlama's published ones, those of karpathy/llama2.c's story models, and small ones to learn with. */
public final class Presets {
    private static final Map<String, LlamaConfig> BY_NAME = Map.of(
            // jzhang38/TinyLlama, lit_gpt/config.py: tiny_LLaMA_1b and tiny_LLaMA_120M.
            "tinyllama-1.1b", llama(2048, 22, 32, 4, 5632, 32000, 2048, false),
            "tinyllama-120m", llama(768, 12, 12, 1, 2048, 32000, 2048, false),
            // karpathy/llama2.c: stories260K, stories15M, stories42M, stories110M.
            "stories260k", llama(64, 5, 8, 4, 172, 512, 512, true),
            "15m", llama(288, 6, 6, 6, 768, 32000, 256, true),
            "42m", llama(512, 8, 8, 8, 1376, 32000, 1024, true),
            "110m", llama(768, 12, 12, 12, 2048, 32000, 1024, true),
            // About 5.4M parameters with a vocabulary of 4096; a few minutes on two cores.
            "quickstart", llama(256, 6, 8, 4, 688, 4096, 512, true),
            "tiny", llama(64, 2, 4, 2, 176, 512, 256, true));

    private Presets() {}

    private static LlamaConfig llama(
            int hidden,
            int layers,
            int heads,
            int keyValueHeads,
            int inner,
            int vocabulary,
            int context,
            boolean tied) {
        return new LlamaConfig(
                hidden,
                inner,
                layers,
                heads,
                keyValueHeads,
                hidden / heads,
                vocabulary,
                context,
                1e-5,
                10000,
                new RopeScaling.None(),
                tied,
                1,
                List.of(2));
    }

    /** All presets by name, in alphabetical order. */
    public static Map<String, LlamaConfig> all() {
        return new TreeMap<>(BY_NAME);
    }

    /**
     * One preset.
     *
     * @throws UserError if there is none of that name
     */
    public static LlamaConfig get(String name) {
        LlamaConfig config = BY_NAME.get(name);
        if (config == null) {
            throw new UserError(
                    "there is no model preset named '" + name + "'", "use one of " + String.join(", ", all().keySet()));
        }
        return config;
    }
}
