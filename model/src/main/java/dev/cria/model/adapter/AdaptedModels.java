package dev.cria.model.adapter;

import dev.cria.base.UserError;
import dev.cria.model.LlamaModel;
import dev.cria.model.hub.HubCache;
import dev.cria.tensor.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Opens models with adapters on them. */
public final class AdaptedModels {
    private AdaptedModels() {}

    /**
     * Opens a model as {@link LlamaModel#load} does, with adapters on it. A path that is an adapter's folder means its base with the adapter on it,
     * and with the tokenizer and the chat template that lie beside the adapter; else those beside an adapter stand in for what the model lacks.
     *
     * @param pulled where models are that are known by a name on a hub
     * @param notices hears what is odd, though no error
     * @throws UserError if the model or an adapter is refused, or a base is not found
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static LlamaModel load(
            Path path, List<AdapterChoice> adapters, Device device, HubCache pulled, Consumer<String> notices) {
        AdapterPlan plan = AdapterPlan.of(path, adapters, pulled);
        LlamaModel model = LlamaModel.load(plan.base(), device);
        boolean opened = false;
        try {
            if (!plan.adapters().isEmpty()) {
                model = adapted(model, plan, device, notices);
            }
            opened = true;
            return model;
        } finally {
            if (!opened) {
                model.close();
            }
        }
    }

    private static LlamaModel adapted(LlamaModel base, AdapterPlan plan, Device device, Consumer<String> notices) {
        try (OpenAdapters adapters = OpenAdapters.of(plan, base.config(), notices)) {
            AdapterStack stack = AdapterStack.of(base.weights(), adapters.weighted(), device);
            LlamaModel model = base.with(stack.weights(), stack::close);
            for (int i = 0; i < plan.adapters().size(); i++) {
                model = model.withTextOf(plan.adapters().get(i).directory(), i == 0 && plan.own());
            }
            return model;
        }
    }
}
