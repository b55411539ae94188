package dev.cria.model.adapter;

import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaWeights;
import dev.cria.model.RowOrder;
import dev.cria.model.layers.BlockAdapter;
import dev.cria.model.layers.LowRank;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Adapters on a model that runs: base + Σ weight·scaling·B·A, however the base is stored; of the base nothing is copied. The adapters are copied
 * as float32, stacked rank upon rank, so that several cost one pair of products; {@link #refresh} copies them again after they have changed, as in
 * training. Not thread-safe: nobody may compute meanwhile.
 */
public final class AdapterStack implements AutoCloseable {
    private static final List<Projection> QKV = List.of(Projection.QUERY, Projection.KEY, Projection.VALUE);
    private static final List<Projection> GATE_UP = List.of(Projection.GATE, Projection.UP);

    private final Device device;
    private final LlamaConfig config;
    private final List<WeightedAdapter> adapters;
    private final RowOrder heads;
    private final Workspace workspace;
    private final List<Copy> copies = new ArrayList<>();
    private final LlamaWeights weights;

    private AdapterStack(LlamaWeights base, List<WeightedAdapter> adapters, Device device) {
        this.device = device;
        this.config = base.config();
        this.adapters = adapters;
        this.heads = RowOrder.between(RopeOrder.HALVES, base.ropeOrder(), config.headDim());
        this.workspace = device.workspace();
        List<BlockAdapter> blocks = new ArrayList<>();
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            blocks.add(new BlockAdapter(
                    stack(layer, QKV),
                    stack(layer, List.of(Projection.OUTPUT)),
                    stack(layer, GATE_UP),
                    stack(layer, List.of(Projection.DOWN))));
        }
        this.weights = base.withAdapters(blocks);
        refresh();
    }

    /**
     * Puts adapters on a model.
     *
     * @param base weights without adapters
     * @param adapters that fit it, with tensors in host memory
     */
    public static AdapterStack of(LlamaWeights base, List<WeightedAdapter> adapters, Device device) {
        return new AdapterStack(base, List.copyOf(adapters), device);
    }

    /** The base with the adapters on it; valid until {@link #close}, and as long as the base is. */
    public LlamaWeights weights() {
        return weights;
    }

    /** Takes the adapters' numbers as they are now. */
    public void refresh() {
        copies.forEach(copy -> copy.run(device));
    }

    /** What all adapters add to layers that share their inputs. */
    private Optional<LowRank> stack(int layer, List<Projection> group) {
        List<List<ScaledPair>> parts = new ArrayList<>();
        long rank = 0;
        for (Projection projection : group) {
            List<ScaledPair> sources = ScaledPair.of(adapters, new AdaptedModule(layer, projection));
            parts.add(sources);
            rank += ScaledPair.rank(sources);
        }
        if (rank == 0) {
            return Optional.empty();
        }
        Tensor down = workspace.allocate(DType.F32, rank, group.getFirst().inputs(config));
        List<Tensor> ups = new ArrayList<>();
        long row = 0;
        for (int i = 0; i < group.size(); i++) {
            Projection projection = group.get(i);
            Tensor up = workspace.allocate(DType.F32, ScaledPair.rank(parts.get(i)), projection.outputs(config));
            long upRow = 0;
            for (ScaledPair source : parts.get(i)) {
                int r = source.pair().rank();
                copies.add(new Copy(
                        source,
                        projection.isRotated() ? heads : RowOrder.KEPT,
                        down.rows(row, row + r),
                        up.rows(upRow, upRow + r)));
                row += r;
                upRow += r;
            }
            ups.add(up);
        }
        return Optional.of(new LowRank(down, ups));
    }

    /**
     * How a pair gets into the stack.
     *
     * @param order how the base orders the module's outputs
     * @param down [r, I], as A is
     * @param up [r, O], B transposed, scaled and in the base's order
     */
    private record Copy(ScaledPair source, RowOrder order, Tensor down, Tensor up) {
        void run(Device device) {
            device.upload(MemorySegment.ofArray(HostFloats.of(source.pair().down())), down);
            float[] b = HostFloats.of(source.pair().up());
            float[] transposed = new float[b.length];
            int r = up.size(0);
            int O = up.size(1);
            for (int o = 0; o < O; o++) {
                int from = (int) order.originOf(o) * r;
                for (int j = 0; j < r; j++) {
                    transposed[j * O + o] = source.scale() * b[from + j];
                }
            }
            device.upload(MemorySegment.ofArray(transposed), up);
        }
    }

    @Override
    public void close() {
        workspace.close();
    }
}
