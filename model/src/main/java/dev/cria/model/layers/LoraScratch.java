package dev.cria.model.layers;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.Optional;

/** Memory that all adapters of a model use in turn; their layers take the beginning of each. */
public final class LoraScratch {
    /** Rows of inputs that are dropped from at a time: a copy of them all would be as large as the activations of a layer. */
    static final int DROPPED_ROWS = 256;

    private final Tensor narrow;
    private final Tensor dNarrow;
    private final Tensor up;
    private final Optional<Tensor> rounded;
    private final Tensor dUp;
    private final Tensor wide;

    /**
     * @param tokens N at most
     * @param rank R at most
     * @param matrix O·R at most
     * @param inputs I at most, or 0 where nothing is dropped
     * @param type of activations
     */
    public LoraScratch(Workspace workspace, long tokens, long rank, long matrix, long inputs, DType type) {
        narrow = workspace.allocate(type, tokens * rank);
        dNarrow = workspace.allocate(type, tokens * rank);
        up = workspace.allocate(DType.F32, matrix);
        dUp = workspace.allocate(DType.F32, matrix);
        rounded = type == DType.F32 ? Optional.empty() : Optional.of(workspace.allocate(type, matrix));
        wide = workspace.allocate(type, Math.min(tokens, DROPPED_ROWS) * inputs);
    }

    /** Bytes that the constructor allocates. */
    public static long bytes(long tokens, long rank, long matrix, long inputs, DType type) {
        return type.bytes(2 * tokens * rank + Math.min(tokens, DROPPED_ROWS) * inputs)
                + 4 * 2 * matrix
                + (type == DType.F32 ? 0 : type.bytes(matrix));
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

    /** Where B is rounded to the type of activations, if that is not its own. */
    Optional<Tensor> rounded(long O, long R) {
        return rounded.map(memory -> part(memory, O, R));
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
