package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.model.FrozenBase;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaWeights;
import dev.cria.model.adapter.AdaptedModule;
import dev.cria.model.adapter.AdapterConfig;
import dev.cria.model.adapter.Projection;
import dev.cria.tensor.Device;
import dev.cria.train.recipe.LoraSettings;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The weights that an adapter is trained on, and the adapter's shape. */
final class LoraBase implements AutoCloseable {
    private final LoraSettings settings;
    private final AdapterConfig adapter;
    private final FrozenBase base;

    private LoraBase(LoraSettings settings, AdapterConfig adapter, FrozenBase base) {
        this.settings = settings;
        this.adapter = adapter;
        this.base = base;
    }

    /**
     * Opens what a recipe's {@code lora} asks for; absent where it asks for none.
     *
     * @throws UserError if the base is missing or damaged, or the rank is larger than a layer
     */
    static Optional<LoraBase> open(Recipe recipe, LlamaConfig config, Device device) {
        return recipe.lora().map(settings -> {
            requireRank(settings, config);
            Path path = Path.of(recipe.model().from().orElseThrow());
            return new LoraBase(
                    settings,
                    settings.adapter(path),
                    FrozenBase.open(path, device, settings.base().type()));
        });
    }

    /** A product of two matrices has no more rank than the one it is added to. */
    private static void requireRank(LoraSettings settings, LlamaConfig config) {
        for (Projection projection : Projection.values()) {
            int inputs = projection.inputs(config);
            int outputs = projection.outputs(config);
            if (settings.targets().contains(projection.shortName()) && settings.rank() > Math.min(inputs, outputs)) {
                throw new UserError(
                        "lora.rank is " + settings.rank() + "; this model's " + projection.shortName() + " is "
                                + outputs + " x " + inputs,
                        "choose at most " + Math.min(inputs, outputs) + "; 8 to 64 are usual");
            }
        }
    }

    LlamaWeights weights() {
        return base.weights();
    }

    AdapterConfig adapter() {
        return adapter;
    }

    /** Numbers that learn. */
    long parameters() {
        long sum = 0;
        for (AdaptedModule module : adapter.modules(weights().config())) {
            sum += (long) adapter.rank(module)
                    * (module.projection().inputs(weights().config())
                            + module.projection().outputs(weights().config()));
        }
        return sum;
    }

    /**
     * Floating-point operations for a token: those of {@link LlamaConfig#trainingFlopsPerToken}, less the gradients of weights that do not
     * learn, and 6 for each number of the adapter.
     */
    double flopsPerToken(int context) {
        LlamaConfig config = weights().config();
        double attention = config.trainingFlopsPerToken(context) - config.trainingFlopsPerToken(0);
        return config.trainingFlopsPerToken(0) * 2 / 3 + attention + 6.0 * parameters();
    }

    /** Tells the base's weights, as they are stored, from others. */
    String fingerprint() {
        return base.fingerprint();
    }

    /** What decides the steps. */
    Map<String, String> identity() {
        return Map.of("lora", settings.toString(), "lora base", base.fingerprint());
    }

    @Override
    public void close() {
        base.close();
    }
}
