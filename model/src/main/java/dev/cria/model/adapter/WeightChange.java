package dev.cria.model.adapter;

import dev.cria.model.RowOrder;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What adapters do to one weight: W[O,I] + Σ scale·B·A. */
public final class WeightChange {
    private final List<ScaledPair> pairs;
    private final RowOrder order;

    /** @param order of W's rows, where it is not Hugging Face's */
    WeightChange(List<ScaledPair> pairs, RowOrder order) {
        this.pairs = pairs;
        this.order = order;
    }

    /**
     * All adapters' matrices as one pair, in float32.
     *
     * @param up [O, ΣR], scaled
     * @param down [ΣR, I]
     */
    public record Factors(Tensor up, Tensor down) {
        /**
         * Changes rows of the weight.
         *
         * @param rows float32 [n, I]
         * @param first the first of them in W
         */
        public void addTo(Kernels kernels, Tensor rows, long first) {
            kernels.linearBackwardInput(rows, up.rows(first, first + rows.dim(0)), down, true);
        }
    }

    /** The factors, in memory of a workspace. */
    public Factors factors(Device device, Workspace workspace) {
        int R = (int) ScaledPair.rank(pairs);
        int O = pairs.getFirst().pair().up().size(0);
        int I = pairs.getFirst().pair().down().size(1);
        Tensor down = workspace.allocate(DType.F32, R, I);
        float[] up = new float[O * R];
        int column = 0;
        for (ScaledPair each : pairs) {
            int r = each.pair().rank();
            device.upload(
                    MemorySegment.ofArray(HostFloats.of(each.pair().down())), down.rows(column, (long) column + r));
            float[] b = HostFloats.of(each.pair().up());
            for (int o = 0; o < O; o++) {
                int from = (int) order.originOf(o) * r;
                for (int j = 0; j < r; j++) {
                    up[o * R + column + j] = each.scale() * b[from + j];
                }
            }
            column += r;
        }
        Tensor scaled = workspace.allocate(DType.F32, O, R);
        device.upload(MemorySegment.ofArray(up), scaled);
        return new Factors(scaled, down);
    }
}
