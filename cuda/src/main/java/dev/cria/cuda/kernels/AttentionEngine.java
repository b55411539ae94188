package dev.cria.cuda.kernels;

import dev.cria.base.UserError;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whose kernels compute attention in bf16 training. */
public enum AttentionEngine {
    /** Cria's or cuDNN's, whichever is faster for a shape; tried when it comes first, and kept. */
    AUTO,
    /** Cria's. */
    OWN,
    /** cuDNN's where it takes the shape, without trying. */
    CUDNN,
    /**
     * The same with gradients of queries summed in the order in which blocks of keys end: less memory and some time saved, and other bits in each
     * run.
     */
    CUDNN_UNORDERED;

    /** The environment variable that chooses. */
    public static final String VARIABLE = "CRIA_CUDA_ATTENTION";

    /**
     * The one that a variable names; {@link #AUTO} where it is not set.
     *
     * @throws UserError if it names none
     */
    public static AttentionEngine of(@Nullable String name) {
        if (name == null || name.isBlank()) {
            return AUTO;
        }
        for (AttentionEngine engine : values()) {
            if (engine.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(name.strip())) {
                return engine;
            }
        }
        throw new UserError(VARIABLE + " is '" + name + "'", "it may be auto, own, cudnn or cudnn-unordered");
    }

    /** Whether cuDNN's is taken without trying. */
    boolean isCudnn() {
        return this == CUDNN || this == CUDNN_UNORDERED;
    }
}
