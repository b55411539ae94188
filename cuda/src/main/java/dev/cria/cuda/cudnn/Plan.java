package dev.cria.cuda.cudnn;

import dev.cria.cuda.driver.CudaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * A graph made ready to run: cuDNN's heuristics name likely engines, and the first whose kernels compile is taken. The choice depends on the
 * version of cuDNN and the card alone, so that another run has the same.
 */
final class Plan implements AutoCloseable {
    private static final int CANDIDATES = 16;

    private final Cudnn cudnn;
    private final OperationGraph graph;
    private final long plan;
    private final long workspaceBytes;

    private Plan(Cudnn cudnn, OperationGraph graph, long plan) {
        this.cudnn = cudnn;
        this.graph = graph;
        this.plan = plan;
        long[] bytes = new long[1];
        cudnn.get(plan, Codes.PLAN_WORKSPACE_SIZE, Codes.TYPE_INT64, bytes);
        this.workspaceBytes = bytes[0];
    }

    /**
     * What a plan is made for: a handle, or without a GPU a description of one.
     *
     * @param handle 0 where there is none
     * @param properties a descriptor of a device's properties; 0 where there is a handle
     */
    record Target(long handle, long properties) {}

    /**
     * Plans a graph, which is then the plan's and closed with it; closed at once where there is none.
     *
     * @throws CudaException if cuDNN has no engine for it
     */
    static Plan of(Cudnn cudnn, OperationGraph graph, Target target) {
        try {
            return new Plan(cudnn, graph, find(cudnn, graph, target));
        } catch (RuntimeException e) {
            graph.close();
            throw e;
        }
    }

    private static long find(Cudnn cudnn, OperationGraph graph, Target target) {
        long heuristics = cudnn.create(Codes.HEURISTICS);
        long[] configurations = new long[CANDIDATES];
        try {
            cudnn.set(heuristics, Codes.HEURISTICS_GRAPH, Codes.TYPE_DESCRIPTOR, graph.finish(target.handle));
            cudnn.setCode(heuristics, Codes.HEURISTICS_MODE, Codes.TYPE_HEURISTICS_MODE, Codes.HEURISTICS_MODE_A);
            if (target.properties != 0) {
                cudnn.set(heuristics, Codes.HEURISTICS_DEVICE, Codes.TYPE_DESCRIPTOR, target.properties);
            }
            cudnn.finish(heuristics, "asking for engines");
            for (int i = 0; i < CANDIDATES; i++) {
                configurations[i] = cudnn.create(Codes.ENGINE_CONFIGURATION);
            }
            int count = cudnn.get(heuristics, Codes.HEURISTICS_RESULTS, Codes.TYPE_DESCRIPTOR, configurations);
            Optional<CudaException> refusal = Optional.empty();
            for (int i = 0; i < count; i++) {
                long plan = cudnn.create(Codes.PLAN);
                try {
                    build(cudnn, plan, configurations[i], target);
                    return plan;
                } catch (CudaException e) {
                    cudnn.destroy(plan);
                    refusal = Optional.of(e);
                }
            }
            throw refusal.orElseGet(() -> CudaException.other("cuDNN: no engine takes the graph", 0));
        } finally {
            for (long configuration : configurations) {
                if (configuration != 0) {
                    cudnn.destroy(configuration);
                }
            }
            cudnn.destroy(heuristics);
        }
    }

    private static void build(Cudnn cudnn, long plan, long configuration, Target target) {
        cudnn.set(plan, Codes.PLAN_CONFIGURATION, Codes.TYPE_DESCRIPTOR, configuration);
        if (target.handle != 0) {
            cudnn.set(plan, Codes.PLAN_HANDLE, Codes.TYPE_HANDLE, target.handle);
        }
        if (target.properties != 0) {
            cudnn.set(plan, Codes.PLAN_DEVICE, Codes.TYPE_DESCRIPTOR, target.properties);
        }
        cudnn.finish(plan, "compiling an engine");
    }

    /** Device memory that a run needs besides its tensors. */
    long workspaceBytes() {
        return workspaceBytes;
    }

    /**
     * Starts a run behind what the handle's stream holds.
     *
     * @param ids what the graph calls its tensors
     * @param pointers where they lie, in the order of ids: on the device, and scalars on the host, where they are read at once
     */
    void execute(long handle, long[] ids, long[] pointers, long workspace) {
        long pack = cudnn.create(Codes.VARIANT_PACK);
        try {
            cudnn.set(pack, Codes.PACK_IDS, Codes.TYPE_INT64, ids);
            cudnn.set(pack, Codes.PACK_POINTERS, Codes.TYPE_POINTER, pointers);
            cudnn.set(pack, Codes.PACK_WORKSPACE, Codes.TYPE_POINTER, workspace);
            cudnn.finish(pack, "tensors of a run");
            cudnn.execute(handle, plan, pack);
        } finally {
            cudnn.destroy(pack);
        }
    }

    @Override
    public void close() {
        cudnn.destroy(plan);
        graph.close();
    }

    /** Floats in host memory that graphs use: the softmax scale, −∞ and 1. */
    static MemorySegment scalars(Arena arena, int E) {
        return arena.allocateFrom(ValueLayout.JAVA_FLOAT, (float) (1 / Math.sqrt(E)), Float.NEGATIVE_INFINITY, 1f);
    }
}
