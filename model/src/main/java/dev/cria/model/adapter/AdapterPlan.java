package dev.cria.model.adapter;

import dev.cria.model.hub.HubCache;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a path and adapters come to.
 *
 * @param base the model without adapters
 * @param adapters in the order in which they were named; the path's own first, if it is that of an adapter
 * @param own whether the first adapter is the path itself
 */
public record AdapterPlan(Path base, List<AdapterChoice> adapters, boolean own) {
    public AdapterPlan {
        adapters = List.copyOf(adapters);
    }

    /**
     * Finds the base of a path.
     *
     * @param path a model, or an adapter's folder, which means its base with the adapter on it
     * @param pulled where models are that are known by a name on a hub
     * @throws dev.cria.base.UserError if the path is an adapter whose base cannot be found
     */
    public static AdapterPlan of(Path path, List<AdapterChoice> adapters, HubCache pulled) {
        if (!Adapter.isAdapter(path)) {
            return new AdapterPlan(path, adapters, false);
        }
        List<AdapterChoice> all = new ArrayList<>(List.of(new AdapterChoice(path)));
        all.addAll(adapters);
        return new AdapterPlan(BaseModel.find(path, pulled), all, true);
    }
}
