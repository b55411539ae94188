package dev.cria.model.adapter;

import dev.cria.model.LlamaConfig;
import dev.cria.model.RowOrder;
import dev.cria.tensor.RopeOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Adapters as changes of their base's weights, one weight at a time. */
public final class AdapterMerge implements AutoCloseable {
    private final OpenAdapters adapters;
    private final LlamaConfig config;
    private final Map<String, AdaptedModule> modules = new LinkedHashMap<>();

    private AdapterMerge(OpenAdapters adapters, LlamaConfig config) {
        this.adapters = adapters;
        this.config = config;
        AdaptedModule.all(config).forEach(module -> modules.put(module.weightName(), module));
    }

    /**
     * Opens the adapters of a plan.
     *
     * @param base the shape of the plan's base
     * @param notices hears what is odd, though no error
     * @throws dev.cria.base.UserError as {@link Adapter#open}
     */
    public static AdapterMerge open(AdapterPlan plan, LlamaConfig base, Consumer<String> notices) {
        return new AdapterMerge(OpenAdapters.of(plan, base, notices), base);
    }

    /**
     * What happens to a weight, if anything does.
     *
     * @param name Hugging Face's, such as {@code model.layers.0.mlp.up_proj.weight}
     * @param order in which the rows of q and k stand that are changed
     */
    public Optional<WeightChange> change(String name, RopeOrder order) {
        AdaptedModule module = modules.get(name);
        List<ScaledPair> pairs = module == null ? List.of() : ScaledPair.of(adapters.weighted(), module);
        if (module == null || pairs.isEmpty()) {
            return Optional.empty();
        }
        RowOrder rows = module.projection().isRotated()
                ? RowOrder.between(RopeOrder.HALVES, order, config.headDim())
                : RowOrder.KEPT;
        return Optional.of(new WeightChange(pairs, rows));
    }

    @Override
    public void close() {
        adapters.close();
    }
}
