package dev.cria.model.layers;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;

/**
 * N new tokens on their way through the blocks of a cached forward pass.
 *
 * @param positions [N], I32
 * @param residual the residual stream, [N, D]
 * @param rstd [N]
 * @param normed output of the norm at hand, [N, D]
 * @param branch output of the branch at hand, [N, D]
 * @param qkv [N, H+2K, E]
 * @param attended [N, H·E]
 * @param gateUp [N, 2F]
 * @param hidden [N, F]
 * @param narrow what adapters need, [N, R]
 */
public record CachedTokens(
        Tensor positions,
        Tensor residual,
        Tensor rstd,
        Tensor normed,
        Tensor branch,
        Tensor qkv,
        Tensor attended,
        Tensor gateUp,
        Tensor hidden,
        Tensor narrow) {
    /** Memory for {@code n} tokens of D hidden, H and K heads of E, F feed-forward dimensions, and adapters of rank R together. */
    public static CachedTokens allocate(Workspace workspace, int n, long D, long H, long K, long E, long F, long R) {
        return new CachedTokens(
                workspace.allocate(DType.I32, n),
                workspace.allocate(DType.F32, n, D),
                workspace.allocate(DType.F32, n),
                workspace.allocate(DType.F32, n, D),
                workspace.allocate(DType.F32, n, D),
                workspace.allocate(DType.F32, n, H + 2 * K, E),
                workspace.allocate(DType.F32, n, H * E),
                workspace.allocate(DType.F32, n, 2 * F),
                workspace.allocate(DType.F32, n, F),
                workspace.allocate(DType.F32, n, R));
    }

    /** The first {@code n} of them, sharing memory. */
    public CachedTokens first(int n) {
        return new CachedTokens(
                positions.rows(0, n),
                residual.rows(0, n),
                rstd.rows(0, n),
                normed.rows(0, n),
                branch.rows(0, n),
                qkv.rows(0, n),
                attended.rows(0, n),
                gateUp.rows(0, n),
                hidden.rows(0, n),
                narrow.rows(0, n));
    }

    /** {@link #qkv} as a matrix, [N, (H+2K)·E]. */
    Tensor qkvRows() {
        return qkv.reshape(qkv.dim(0), qkv.dim(1) * qkv.dim(2));
    }

    /** N. */
    public int count() {
        return residual.size(0);
    }
}
