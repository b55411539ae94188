package dev.cria.model.adapter;

import dev.cria.base.UserError;
import dev.cria.model.LlamaModel;
import dev.cria.model.hub.HubCache;
import dev.cria.tensor.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Opens models with adapters on them. */
public final class AdaptedModels {
    private AdaptedModels() {}

    /**
     * What a path and adapters come to.
     *
     * @param base the model without adapters
     * @param adapters in the order in which they were named; the path's own first, if it is that of an adapter
     * @param own whether the first adapter is the path itself
     */
    public record Plan(Path base, List<AdapterChoice> adapters, boolean own) {
        /**
         * Finds the base of a path.
         *
         * @param path a model, or an adapter's folder, which means its base with the adapter on it
         * @param pulled where models are that are known by a name on a hub
         * @throws UserError if the path is an adapter whose base cannot be found
         */
        public static Plan of(Path path, List<AdapterChoice> adapters, HubCache pulled) {
            if (!Adapter.isAdapter(path)) {
                return new Plan(path, List.copyOf(adapters), false);
            }
            List<AdapterChoice> all = new ArrayList<>(List.of(new AdapterChoice(path)));
            all.addAll(adapters);
            return new Plan(BaseModel.find(path, pulled), List.copyOf(all), true);
        }
    }

    /**
     * Opens a model as {@link LlamaModel#load} does, with adapters on it. A path that is an adapter's folder means its base with the adapter on it,
     * and with the tokenizer and the chat template that lie beside the adapter; else those beside an adapter stand in for what the model lacks.
     *
     * @param notices hears what is odd, though no error
     * @throws UserError if the model or an adapter is refused, or a base is not found
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static LlamaModel load(
            Path path, List<AdapterChoice> adapters, Device device, HubCache pulled, Consumer<String> notices) {
        Plan plan = Plan.of(path, adapters, pulled);
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

    private static LlamaModel adapted(LlamaModel base, Plan plan, Device device, Consumer<String> notices) {
        List<Adapter> opened = new ArrayList<>();
        try {
            List<WeightedAdapter> weighted = new ArrayList<>();
            for (AdapterChoice choice : plan.adapters()) {
                Adapter adapter = Adapter.open(choice.directory(), base.config());
                opened.add(adapter);
                weighted.add(new WeightedAdapter(adapter.weights(), choice.weight()));
                adapter.noticeFor(plan.base()).ifPresent(notices);
            }
            AdapterStack stack = AdapterStack.of(base.weights(), weighted, device);
            LlamaModel model = base.with(stack.weights(), stack::close);
            for (int i = 0; i < opened.size(); i++) {
                model = model.withTextOf(opened.get(i).directory(), i == 0 && plan.own());
            }
            return model;
        } finally {
            opened.forEach(Adapter::close);
        }
    }
}
