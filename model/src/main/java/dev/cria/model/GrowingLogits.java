package dev.cria.model;

import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;

/** A tensor of logits that is allocated anew when more rows are asked for than ever before. */
final class GrowingLogits implements AutoCloseable {
    private final Device device;
    private final int vocabulary;
    private Workspace workspace;
    private Tensor rows;

    GrowingLogits(Device device, int vocabulary) {
        this.device = device;
        this.vocabulary = vocabulary;
        this.workspace = device.workspace();
        this.rows = workspace.allocate(DType.F32, 1, vocabulary);
    }

    /** [count, V]; what was handed out before is no longer valid. */
    Tensor rows(int count) {
        if (count > rows.dim(0)) {
            workspace.close();
            workspace = device.workspace();
            rows = workspace.allocate(DType.F32, count, vocabulary);
        }
        return rows.rows(0, count);
    }

    @Override
    public void close() {
        workspace.close();
    }
}
