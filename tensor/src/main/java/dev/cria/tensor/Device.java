package dev.cria.tensor;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntConsumer;

/** A place where tensors live and kernels run: the CPU, or one GPU. */
public interface Device extends AutoCloseable {
    /** A short name, such as {@code cpu}. */
    String name();

    /** What was chosen for this machine, why, and what would mend each refusal; one line each. {@code cria doctor} prints it. */
    List<String> decisions();

    Kernels kernels();

    /**
     * The element type of what flows between the layers while a model learns, and of its gradients: F32, or BF16 where the device computes
     * best on that. Weights, their gradients, the optimizer's moments, statistics of norms and attention, and losses are F32 on every device.
     */
    default DType activationType() {
        return DType.F32;
    }

    /** A new owner of memory on this device. */
    Workspace workspace();

    /**
     * Bytes of the device's own memory that tensors could still take, counting what was given back and is kept for the next; empty where
     * tensors lie in the memory of the process.
     */
    default OptionalLong freeBytes() {
        return OptionalLong.empty();
    }

    /** All of the device's own memory; empty where tensors lie in the memory of the process. */
    default OptionalLong totalBytes() {
        return OptionalLong.empty();
    }

    /**
     * A tensor of host memory, such as a mapped file, where this device's kernels can read it: itself on a CPU, a copy in the workspace
     * elsewhere. It lives as long as both.
     */
    Tensor adopt(Tensor host, Workspace workspace);

    /** Copies host memory to a tensor of this device; as many bytes. */
    void upload(MemorySegment host, Tensor to);

    /** Copies a tensor of this device to host memory; waits for the kernels that write it. */
    void download(Tensor from, MemorySegment host);

    /** How many tokens of a prompt pass through a model together: enough to keep the device busy, and no more, since each takes memory. */
    default int tokensAtOnce() {
        return 512;
    }

    /** How many of the tasks that {@link #runAtOnce} is given may run at the same time. */
    default int tasksAtOnce() {
        return 1;
    }

    /**
     * Runs tasks 0 to {@code count} − 1 and returns when all are done. On a CPU they run side by side, each with kernels on its own thread: for
     * work of many small kernels, which gains more from that than from kernels on all threads. Kernels give the same results in a task as
     * outside.
     *
     * @throws RuntimeException or an error: the first that a task threw, after which tasks not yet begun are left out
     */
    default void runAtOnce(int count, IntConsumer task) {
        for (int i = 0; i < count; i++) {
            task.accept(i);
        }
    }

    /** Work that will be done many times over the same tensors; the device may record it. */
    default RepeatedWork repeated(Runnable work) {
        return RepeatedWork.plain(work);
    }

    /** Waits for everything started so far. */
    void synchronize();

    @Override
    void close();
}
