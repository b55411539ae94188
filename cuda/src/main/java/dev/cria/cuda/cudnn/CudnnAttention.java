package dev.cria.cuda.cudnn;

import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.driver.FoundLibrary;
import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Causal grouped-query attention of training on bf16 by cuDNN, on the stream of a GPU. A plan is made when a shape comes first, which takes a
 * second or two.
 */
public final class CudnnAttention implements AutoCloseable {
    /** Older ones compute attention wrongly for some lengths that are no multiples of 128, and want sums zeroed for them. */
    private static final long OLDEST_VERSION = 91600;

    /** Workspace for dS of one run, at most, and its share of the card; of more sequences there are several runs. */
    private static final long SLOPES_BYTES = 1L << 30;

    private static final int SLOPES_SHARE = 64;

    private static final long ALIGNMENT = 256;
    private static final String PURPOSE = "cuDNN's attention";
    private static final long[] FORWARD = {
        AttentionGraph.QUERIES,
        AttentionGraph.KEYS,
        AttentionGraph.VALUES,
        AttentionGraph.OUT,
        AttentionGraph.LOG_SUM_EXP,
        AttentionGraph.SCALE,
        AttentionGraph.MASKED
    };
    private static final long[] BACKWARD = {
        AttentionGraph.QUERIES,
        AttentionGraph.KEYS,
        AttentionGraph.VALUES,
        AttentionGraph.OUT,
        AttentionGraph.LOG_SUM_EXP,
        AttentionGraph.SCALE,
        AttentionGraph.MASKED,
        AttentionGraph.D_OUT,
        AttentionGraph.D_QUERIES,
        AttentionGraph.D_KEYS,
        AttentionGraph.D_VALUES,
        AttentionGraph.ONE,
        AttentionGraph.ROW_SUMS,
        AttentionGraph.D_QUERIES_SUM
    };

    private final Cuda cuda;
    private final Cudnn cudnn;
    private final long handle;
    private final boolean ordered;
    private final Map<AttentionGraph, Plan> forwards = new HashMap<>();
    private final Map<AttentionGraph, Plan> backwards = new HashMap<>();
    private final Map<Integer, MemorySegment> scalars = new HashMap<>();
    private final Arena arena = Arena.ofShared();

    private CudnnAttention(Cuda cuda, Cudnn cudnn, boolean ordered) {
        this.cuda = cuda;
        this.cudnn = cudnn;
        this.ordered = ordered;
        cuda.makeCurrent();
        this.handle = cudnn.open(cuda.stream().handle());
    }

    /**
     * Opens cuDNN; empty where it is not installed.
     *
     * @param ordered whether the gradients' bits shall be the same each time
     * @throws CudaException if it is too old, or does not work on this GPU
     */
    public static Optional<CudnnAttention> open(Cuda cuda, boolean ordered) {
        Optional<FoundLibrary> library = cuda.libraries().find(CudaLibrary.CUDNN, cuda.newestMajor());
        if (library.isEmpty()) {
            return Optional.empty();
        }
        Cudnn cudnn = new Cudnn(library.get());
        if (cudnn.version() < OLDEST_VERSION) {
            throw CudaException.other(
                    "cuDNN: " + versionText(cudnn.version()) + " at " + cudnn.where() + " is older than "
                            + versionText(OLDEST_VERSION),
                    0);
        }
        return Optional.of(new CudnnAttention(cuda, cudnn, ordered));
    }

    private static String versionText(long version) {
        return version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
    }

    /** Version and place. */
    public String description() {
        return versionText(cudnn.version()) + " at " + cudnn.where();
    }

    private long scalar(int E, int index) {
        return scalars.computeIfAbsent(E, size -> Plan.scalars(arena, size)).address() + (long) index * Float.BYTES;
    }

    /**
     * See {@link dev.cria.tensor.Kernels#attention}.
     *
     * @throws CudaException if cuDNN has no engine for the shape
     */
    public void forward(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        int E = qkv.size(2);
        cuda.makeCurrent();
        Plan plan = forwards.computeIfAbsent(new AttentionGraph(B, T, H, K, E), shape -> {
            OperationGraph graph = new OperationGraph(cudnn);
            return plan(graph, () -> shape.forward(graph));
        });
        long row = qkv.data().address();
        long head = (long) E * Short.BYTES;
        long[] pointers = {
            row,
            row + H * head,
            row + (H + K) * head,
            out.data().address(),
            logSumExp.data().address(),
            scalar(E, 0),
            scalar(E, 1)
        };
        Scratch workspace = cuda.scratch(PURPOSE, plan.workspaceBytes());
        plan.execute(handle, FORWARD, pointers, workspace.address());
    }

    private Plan plan(OperationGraph graph, Runnable making) {
        try {
            making.run();
        } catch (RuntimeException e) {
            graph.close();
            throw e;
        }
        return Plan.of(cudnn, graph, new Plan.Target(handle, 0));
    }

    /**
     * See {@link dev.cria.tensor.Kernels#attentionBackward}.
     *
     * @throws CudaException if cuDNN has no engine for the shape
     */
    public void backward(
            Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        int E = qkv.size(2);
        int together = ordered ? sequencesAtOnce(B, T, H, slopesBytes()) : B;
        cuda.makeCurrent();
        Plan plan = backwards.computeIfAbsent(new AttentionGraph(together, T, H, K, E), shape -> {
            OperationGraph graph = new OperationGraph(cudnn);
            return plan(graph, () -> shape.backward(graph, ordered));
        });
        long head = (long) E * Short.BYTES;
        long rowSums = aligned(plan.workspaceBytes());
        long querySums = rowSums + aligned((long) together * H * T * Float.BYTES);
        long bytes = querySums + (ordered ? 0 : (long) B * T * H * E * Float.BYTES);
        Scratch scratch = cuda.scratch(PURPOSE, bytes);
        long[] ids = Arrays.copyOf(BACKWARD, ordered ? BACKWARD.length - 1 : BACKWARD.length);
        for (int b = 0; b < B; b += together) {
            long row = (long) b * T * (H + 2L * K) * head;
            long outRow = (long) b * T * H * head;
            long x = qkv.data().address() + row;
            long dx = dQkv.data().address() + row;
            long[] pointers = {
                x,
                x + H * head,
                x + (H + K) * head,
                out.data().address() + outRow,
                logSumExp.data().address() + (long) b * H * T * Float.BYTES,
                scalar(E, 0),
                scalar(E, 1),
                dOut.data().address() + outRow,
                dx,
                dx + H * head,
                dx + (H + K) * head,
                scalar(E, 2),
                scratch.address() + rowSums,
                scratch.address() + querySums
            };
            plan.execute(handle, ids, Arrays.copyOf(pointers, ids.length), scratch.address());
        }
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }

    private long slopesBytes() {
        return Math.min(SLOPES_BYTES, cuda.card().totalBytes() / SLOPES_SHARE);
    }

    /** The largest divisor of B whose dS fits a workspace, at least 1. */
    static int sequencesAtOnce(int B, int T, int H, long workspaceBytes) {
        long bytes = (long) H * T * T * Short.BYTES;
        int together = B;
        while (together > 1 && (B % together != 0 || together * bytes > workspaceBytes)) {
            together--;
        }
        return together;
    }

    @Override
    public void close() {
        cuda.makeCurrent();
        forwards.values().forEach(Plan::close);
        backwards.values().forEach(Plan::close);
        cudnn.close(handle);
        arena.close();
    }
}
