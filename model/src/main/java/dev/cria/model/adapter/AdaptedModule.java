package dev.cria.model.adapter;

import dev.cria.model.LlamaConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One linear layer of a model, and what peft calls it and its pair of matrices.
 *
 * @param layer index of the block
 * @param projection which of the block's
 */
public record AdaptedModule(int layer, Projection projection) {
    private static final String PREFIX = "base_model.model.";
    private static final String DOWN = ".lora_A.weight";
    private static final String UP = ".lora_B.weight";
    private static final Pattern TENSOR =
            Pattern.compile("base_model\\.model\\.model\\.layers\\.(\\d{1,9})\\.([a-z_.]+)\\.lora_([AB])\\.weight");

    /** All linear layers of the blocks of a model. */
    public static List<AdaptedModule> all(LlamaConfig config) {
        List<AdaptedModule> modules = new ArrayList<>();
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            for (Projection projection : Projection.values()) {
                modules.add(new AdaptedModule(layer, projection));
            }
        }
        return modules;
    }

    /** The module's name in transformers, such as {@code model.layers.3.self_attn.q_proj}. */
    public String name() {
        return "model.layers." + layer + "." + projection.path();
    }

    /** The name of the weight that it changes. */
    public String weightName() {
        return name() + ".weight";
    }

    /** The tensor A [r, I] in an adapter's file. */
    public String downName() {
        return PREFIX + name() + DOWN;
    }

    /** The tensor B [O, r] in an adapter's file. */
    public String upName() {
        return PREFIX + name() + UP;
    }

    /** The module that a tensor of an adapter's file belongs to, if it is one of a pair. */
    static Optional<AdaptedModule> ofTensor(String name) {
        Matcher matcher = TENSOR.matcher(name);
        return matcher.matches()
                ? Projection.ofPath(matcher.group(2))
                        .map(projection -> new AdaptedModule(Integer.parseInt(matcher.group(1)), projection))
                : Optional.empty();
    }
}
