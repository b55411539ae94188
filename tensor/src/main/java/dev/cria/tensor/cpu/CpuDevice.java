package dev.cria.tensor.cpu;

import dev.cria.tensor.CheckedKernels;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntConsumer;

/** This machine's processor. Kernels run to their end before they return. */
public final class CpuDevice implements Device {
    private final CpuGate gate;
    private final Kernels kernels;

    private CpuDevice(CpuGate gate) {
        this.gate = gate;
        this.kernels = new CheckedKernels(gate.kernels());
    }

    /**
     * Opens the processor with the best kernels that the options and the machine allow.
     *
     * @throws dev.cria.base.UserError if the options ask for what this machine cannot execute; the message says why
     */
    public static CpuDevice open(CpuOptions options) {
        return new CpuDevice(CpuGate.choose(options));
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public List<String> decisions() {
        return gate.decisions();
    }

    @Override
    public Kernels kernels() {
        return kernels;
    }

    @Override
    public Workspace workspace() {
        return new OffHeapWorkspace();
    }

    @Override
    public Tensor adopt(Tensor host, Workspace workspace) {
        return host;
    }

    @Override
    public void upload(MemorySegment host, Tensor to) {
        requireSize(host, to);
        MemorySegment.copy(host, 0, to.data(), 0, to.byteSize());
    }

    @Override
    public void download(Tensor from, MemorySegment host) {
        requireSize(host, from);
        MemorySegment.copy(from.data(), 0, host, 0, from.byteSize());
    }

    private static void requireSize(MemorySegment host, Tensor tensor) {
        if (host.byteSize() != tensor.byteSize()) {
            throw new IllegalArgumentException(
                    "host memory of " + host.byteSize() + " bytes for " + tensor + " of " + tensor.byteSize());
        }
    }

    @Override
    public int tasksAtOnce() {
        return gate.pool().map(WorkerPool::threads).orElse(1);
    }

    @Override
    public void runAtOnce(int count, IntConsumer task) {
        if (gate.pool().isPresent()) {
            gate.pool().get().run(count, task::accept);
        } else {
            Device.super.runAtOnce(count, task);
        }
    }

    @Override
    public void synchronize() {
        // Kernels return when they are done.
    }

    @Override
    public void close() {
        gate.close();
    }
}
