package dev.cria.model.lora;

import dev.cria.model.FlatCursor;
import dev.cria.model.LlamaConfig;
import dev.cria.model.TrainableParameters;
import dev.cria.model.adapter.AdaptedModule;
import dev.cria.model.adapter.AdapterConfig;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parameters of a LoRA adapter in one flat float32 tensor. First matrices of layers that share their input lie one after another, so that
 * they are one matrix; rows of second matrices are in Hugging Face's order. There are no vectors.
 */
public final class AdapterParameters implements TrainableParameters {
    private final LlamaConfig base;
    private final AdapterConfig adapter;
    private final Tensor flat;
    private final Map<String, Tensor> byName;
    private final Map<Place, Tensor> stacked;

    /** A group of layers in a block. */
    private record Place(int layer, LinearGroup group) {}

    private AdapterParameters(LlamaConfig base, AdapterConfig adapter, Tensor flat) {
        this.base = base;
        this.adapter = adapter;
        this.flat = flat;
        FlatCursor cursor = new FlatCursor(flat, 0);
        Map<String, Tensor> names = new LinkedHashMap<>();
        Map<Place, Tensor> stacks = new LinkedHashMap<>();
        for (int layer = 0; layer < base.numHiddenLayers(); layer++) {
            for (LinearGroup group : LinearGroup.values()) {
                List<AdaptedModule> modules = modules(base, adapter, layer, group);
                if (!modules.isEmpty()) {
                    Tensor down = cursor.take(rank(adapter, modules), group.inputs(base));
                    stacks.put(new Place(layer, group), down);
                    long row = 0;
                    for (AdaptedModule module : modules) {
                        long r = adapter.rank(module);
                        names.put(module.downName(), down.rows(row, row + r));
                        names.put(
                                module.upName(), cursor.take(module.projection().outputs(base), r));
                        row += r;
                    }
                }
            }
        }
        if (cursor.position() != flat.elements()) {
            throw new IllegalArgumentException(
                    flat + " does not fit the adapter; " + cursor.position() + " are needed");
        }
        byName = Collections.unmodifiableMap(names);
        stacked = Map.copyOf(stacks);
    }

    /** New parameters, all zero, in memory of the workspace. */
    public static AdapterParameters allocate(Workspace workspace, LlamaConfig base, AdapterConfig adapter) {
        return new AdapterParameters(base, adapter, workspace.allocate(DType.F32, flatElements(base, adapter)));
    }

    /** Elements of the flat tensor, the alignment gaps included. */
    public static long flatElements(LlamaConfig base, AdapterConfig adapter) {
        long elements = 0;
        for (int layer = 0; layer < base.numHiddenLayers(); layer++) {
            for (LinearGroup group : LinearGroup.values()) {
                List<AdaptedModule> modules = modules(base, adapter, layer, group);
                elements += FlatCursor.aligned(rank(adapter, modules) * group.inputs(base));
                for (AdaptedModule module : modules) {
                    elements += FlatCursor.aligned((long) module.projection().outputs(base) * adapter.rank(module));
                }
            }
        }
        return elements;
    }

    /** The adapted layers of a group, in the order of their outputs. */
    static List<AdaptedModule> modules(LlamaConfig base, AdapterConfig adapter, int layer, LinearGroup group) {
        List<AdaptedModule> modules = new ArrayList<>();
        for (AdaptedModule module : adapter.modules(base)) {
            if (module.layer() == layer && group.projections().contains(module.projection())) {
                modules.add(module);
            }
        }
        return modules;
    }

    /** The ranks of some modules together. */
    static long rank(AdapterConfig adapter, List<AdaptedModule> modules) {
        return modules.stream().mapToLong(adapter::rank).sum();
    }

    /** What the adapter is. */
    public AdapterConfig adapter() {
        return adapter;
    }

    @Override
    public AdapterParameters over(Tensor other) {
        return new AdapterParameters(base, adapter, other);
    }

    /** The first matrices of a group as one, [ΣR, I]; empty where nothing of the group is adapted. */
    Optional<Tensor> stacked(int layer, LinearGroup group) {
        return Optional.ofNullable(stacked.get(new Place(layer, group)));
    }

    @Override
    public Tensor flat() {
        return flat;
    }

    @Override
    public Tensor matrices() {
        return flat;
    }

    @Override
    public Tensor vectors() {
        return flat.rows(flat.elements(), flat.elements());
    }

    /** peft's tensor names in model order. */
    @Override
    public Set<String> names() {
        return byName.keySet();
    }

    @Override
    public Tensor tensor(String name) {
        Tensor tensor = byName.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("no parameter is named " + name);
        }
        return tensor;
    }
}
