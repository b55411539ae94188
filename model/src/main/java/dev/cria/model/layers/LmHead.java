package dev.cria.model.layers;

import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;

/**
 * The output head and the cross-entropy over it, in chunks of tokens: the logits of all tokens, [N, V], are never stored. A chunk's logits
 * become their own gradient in place and give the gradients of input and head before the next chunk overwrites them.
 */
public final class LmHead {
    private static final long CHUNK_BYTES = 64L << 20;
    private static final int LEAST_TOKENS = 64;

    private final Kernels kernels;
    private final Linear projection;

    /** @param projection I = D, O = V */
    public LmHead(Kernels kernels, Linear projection) {
        this.kernels = kernels;
        this.projection = projection;
    }

    /** Tokens of a chunk: about 64 MB of float32 logits, at least 64 and no more than there are. */
    public static int chunkTokens(int vocabulary, int tokens) {
        long fitting = CHUNK_BYTES / 4 / vocabulary / LEAST_TOKENS * LEAST_TOKENS;
        return (int) Math.min(tokens, Math.max(LEAST_TOKENS, fitting));
    }

    /**
     * Tokens of a chunk that lies in memory for so many logits: at least {@code least} and no more than there are, and so many that the last chunk
     * is about as large as the others.
     */
    public static long fittingTokens(int vocabulary, long logits, long least, long tokens) {
        long most = Math.max(least, logits / vocabulary / LEAST_TOKENS * LEAST_TOKENS);
        long even = Math.ceilDiv(tokens, Math.ceilDiv(tokens, most));
        return Math.min(tokens, Math.ceilDiv(even, LEAST_TOKENS) * LEAST_TOKENS);
    }

    /**
     * Weighted losses, and the gradients of scale·Σ losses; the projection adds those of its weights.
     *
     * @param losses [N], weights[n]·nll[n]
     * @param dX [N, D], assigned
     * @param x [N, D]
     * @param targets [N], I32; -1 is ignored
     * @param weights [N]
     * @param logits scratch [C, V]
     */
    public void forwardBackward(
            Tensor losses, Tensor dX, Tensor x, Tensor targets, Tensor weights, Tensor logits, float scale) {
        long tokens = x.dim(0);
        for (long from = 0; from < tokens; from += logits.dim(0)) {
            long to = Math.min(tokens, from + logits.dim(0));
            Tensor chunk = logits.rows(0, to - from);
            Tensor chunkX = x.rows(from, to);
            projection.forward(chunk, chunkX);
            kernels.crossEntropy(losses.rows(from, to), chunk, targets.rows(from, to), weights.rows(from, to), scale);
            projection.backward(dX.rows(from, to), chunk, chunkX);
        }
    }

    /** losses[N] = nll of each target, not weighted; arguments as there. */
    public void negativeLogLikelihood(Tensor losses, Tensor x, Tensor targets, Tensor logits) {
        long tokens = x.dim(0);
        for (long from = 0; from < tokens; from += logits.dim(0)) {
            long to = Math.min(tokens, from + logits.dim(0));
            Tensor chunk = logits.rows(0, to - from);
            projection.forward(chunk, x.rows(from, to));
            kernels.negativeLogLikelihood(losses.rows(from, to), chunk, targets.rows(from, to));
        }
    }
}
