package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.tensor.Kernels;

/**
 * Who guesses, and how far ahead.
 *
 * @param source where guesses come from; its owner closes it
 * @param most most guesses in a pass; how many there are moves between 1 and this, up when all were right and down when one was wrong
 */
public record DraftOptions(DraftSource source, int most) {
    /** The largest possible {@code most}: the token before the guesses passes with them, in rows that are exact. */
    public static final int LIMIT = Kernels.FEW_ROWS - 1;

    /** @throws UserError if {@code most} is not 1 to {@link #LIMIT} */
    public DraftOptions {
        if (most < 1 || most > LIMIT) {
            throw new UserError("draft-tokens is " + most, "give 1 to " + LIMIT);
        }
    }
}
