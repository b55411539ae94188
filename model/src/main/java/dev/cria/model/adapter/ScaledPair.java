package dev.cria.model.adapter;

import java.util.ArrayList;
import java.util.List;

/** A pair of matrices, and what B·A is multiplied with. */
record ScaledPair(AdapterWeights.Pair pair, float scale) {
    /** What each of some adapters does to a module; those that leave it alone are left out. */
    static List<ScaledPair> of(List<WeightedAdapter> adapters, AdaptedModule module) {
        List<ScaledPair> pairs = new ArrayList<>();
        for (WeightedAdapter each : adapters) {
            AdapterWeights.Pair pair = each.adapter().pairs().get(module);
            if (pair != null) {
                double scaling = each.adapter().config().scaling(module);
                pairs.add(new ScaledPair(pair, (float) (each.weight() * scaling)));
            }
        }
        return pairs;
    }

    /** Σr. */
    static long rank(List<ScaledPair> pairs) {
        return pairs.stream().mapToLong(each -> each.pair.rank()).sum();
    }
}
