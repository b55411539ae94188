package dev.cria.model.layers;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;

/** Memory that all adapters of a model use in turn; their layers take the beginning of each. */
public final class LoraScratch {
    /** Rows of inputs that are dropped from at a time: a copy of them all would be as large as the activations of a layer. */
    static final int DROPPED_ROWS = 256;

    private final Tensor narrow;
    private final Tensor dNarrow;
    private final Tensor up;
    private final Tensor dUp;
    private final Tensor wide;

    /**
     * @param tokens N at most
     * @param rank R at most
     * @param matrix O·R at most
     * @param inputs I at most, or 0 where nothing is dropped
     */
    public LoraScratch(Workspace workspace, long tokens, long rank, long matrix, long inputs) {
        narrow = workspace.allocate(DType.F32, tokens * rank);
        dNarrow = workspace.allocate(DType.F32, tokens * rank);
        up = workspace.allocate(DType.F32, matrix);
        dUp = workspace.allocate(DType.F32, matrix);
        wide = workspace.allocate(DType.F32, Math.min(tokens, DROPPED_ROWS) * inputs);
    }

    /** Bytes that the constructor allocates. */
    public static long bytes(long tokens, long rank, long matrix, long inputs) {
        return 4 * (2 * tokens * rank + 2 * matrix + Math.min(tokens, DROPPED_ROWS) * inputs);
    }

    Tensor narrow(long N, long R) {
        return part(narrow, N, R);
    }

    Tensor dNarrow(long N, long R) {
        return part(dNarrow, N, R);
    }

    Tensor up(long O, long R) {
        return part(up, O, R);
    }

    Tensor dUp(long O, long R) {
        return part(dUp, O, R);
    }

    Tensor wide(long N, long I) {
        return part(wide, N, I);
    }

    private static Tensor part(Tensor flat, long rows, long columns) {
        return flat.rows(0, rows * columns).reshape(rows, columns);
    }
}
