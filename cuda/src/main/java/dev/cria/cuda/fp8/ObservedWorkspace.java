package dev.cria.cuda.fp8;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A workspace whose tensors are told to an observer when their memory begins and when it ends. */
public final class ObservedWorkspace implements Workspace {
    private final Workspace workspace;
    private final Consumer<Tensor> changed;
    private final List<Tensor> tensors = new ArrayList<>();

    public ObservedWorkspace(Workspace workspace, Consumer<Tensor> changed) {
        this.workspace = workspace;
        this.changed = changed;
    }

    @Override
    public Tensor allocate(DType dtype, long... dims) {
        Tensor tensor = workspace.allocate(dtype, dims);
        tensors.add(tensor);
        changed.accept(tensor);
        return tensor;
    }

    @Override
    public long allocatedBytes() {
        return workspace.allocatedBytes();
    }

    @Override
    public void close() {
        tensors.forEach(changed);
        tensors.clear();
        workspace.close();
    }
}
