package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Several sequences that grow together, a token each at a time: all of them share one reading of the weights, which is what writing text takes
 * its time for. Each is a {@link LlamaSession} of its own for everything else, such as reading a prompt. Not thread-safe.
 *
 * <p>With up to {@link dev.cria.tensor.Kernels#FEW_ROWS} sequences at a time each has the bits that it would have alone; with more, matrix
 * products are summed in another order.
 */
public final class BatchSession implements AutoCloseable {
    private final SessionMemory memory;
    private final List<LlamaSession> sequences = new ArrayList<>();

    BatchSession(LlamaModel model, SessionOptions options, int count) {
        this.memory = new SessionMemory(model, options, count);
        for (int slot = 0; slot < count; slot++) {
            sequences.add(new LlamaSession(memory, slot, false));
        }
    }

    /** How many sequences there is room for. */
    public int size() {
        return sequences.size();
    }

    /**
     * The sequence of a slot, for reading a prompt, going back, or forgetting. Logits that it hands out are valid until the next call on any
     * sequence.
     */
    public LlamaSession sequence(int slot) {
        return sequences.get(slot);
    }

    /**
     * Appends a token to each of some sequences, and returns the logits after them, [N, V], valid until the next call.
     *
     * @param chosen the slots, each at most once
     * @param ids a token for each
     * @throws IllegalArgumentException if there are none, or a slot comes twice or has no room
     * @throws UserError if an id is outside the vocabulary
     */
    public Tensor forward(int[] chosen, int[] ids) {
        int N = chosen.length;
        int[] positions = new int[N];
        requireTogether(chosen, ids);
        for (int n = 0; n < N; n++) {
            LlamaSession sequence = sequences.get(chosen[n]);
            positions[n] = sequence.length();
            sequence.requireFit(new int[] {ids[n]});
        }
        Tensor logits = memory.steps().run(chosen, ids, positions);
        for (int n = 0; n < N; n++) {
            sequences.get(chosen[n]).appended(ids[n]);
        }
        return logits;
    }

    private void requireTogether(int[] chosen, int[] ids) {
        boolean[] taken = new boolean[sequences.size()];
        boolean good = chosen.length > 0 && chosen.length == ids.length;
        for (int slot : chosen) {
            good = good && slot >= 0 && slot < taken.length && !taken[slot];
            if (good) {
                taken[slot] = true;
            }
        }
        if (!good) {
            throw new IllegalArgumentException(
                    ids.length + " tokens for " + chosen.length + " of " + taken.length + " slots, each once");
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
