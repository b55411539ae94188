package dev.cria.data;

import dev.cria.base.UserError;

/**
 * What {@link DatasetInspector} is to show.
 *
 * @param documents first documents of each split to show
 * @param previewTokens tokens of each at most
 * @param topTokens most frequent ids to show
 * @param countTokens tokens of each split to count for that, from its start
 * @param verify whether every byte is held against its checksum
 */
public record InspectOptions(int documents, int previewTokens, int topTokens, long countTokens, boolean verify) {
    public InspectOptions {
        if (documents < 0 || previewTokens < 1 || topTokens < 0 || countTokens < 0) {
            throw new UserError("a number of things to show is negative", "use numbers from 0 on");
        }
        if (previewTokens > 1 << 20) {
            throw new UserError("a preview of " + previewTokens + " tokens", "at most " + (1 << 20));
        }
    }

    /** Three documents, twenty frequent tokens of the first 100 million, everything verified. */
    public static InspectOptions defaults() {
        return new InspectOptions(3, 200, 20, 100_000_000, true);
    }
}
