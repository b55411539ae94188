package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import java.lang.foreign.MemorySegment;
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
    private final Tensor likeliest;
    private final Tensor certainty;

    BatchSession(LlamaModel model, SessionOptions options, int count) {
        this.memory = new SessionMemory(model, options, count);
        this.likeliest = memory.workspace().allocate(DType.I32, count);
        this.certainty = memory.workspace().allocate(DType.F32, count);
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

    /**
     * The token with the largest of each row of logits, of several the first, [N]: chosen where the logits lie, which spares fetching them.
     *
     * @param rows as {@link #forward} returned them
     * @throws UserError with exit code 1 if they are not all finite, naming the weights that spoilt them
     */
    public int[] likeliest(Tensor rows) {
        Device device = memory.device();
        int[] ids = new int[rows.size(0)];
        Tensor indices = likeliest.rows(0, ids.length);
        Tensor losses = certainty.rows(0, ids.length);
        device.kernels().argMax(indices, rows);
        device.kernels().negativeLogLikelihood(losses, rows, indices);
        device.download(indices, MemorySegment.ofArray(ids));
        float[] finite = new float[ids.length];
        device.download(losses, MemorySegment.ofArray(finite));
        for (float loss : finite) {
            if (!Float.isFinite(loss)) {
                throw WeightCheck.notFinite(memory.weights(), device);
            }
        }
        return ids;
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
