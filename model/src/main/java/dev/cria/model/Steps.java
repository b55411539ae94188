package dev.cria.model;

import dev.cria.model.layers.CachedBlock;
import dev.cria.model.layers.CachedTokens;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.RepeatedWork;
import dev.cria.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Passes of one token for each of some sequences, as writing text makes them. What differs from one to the next lies in the device's memory, so
 * that the kernel calls are the same each time and a device may record them.
 */
final class Steps implements AutoCloseable {
    private final SessionMemory memory;
    private final Device device;
    private final List<CachedBlock> blocks;
    private final Tensor ids;
    private final Tensor slots;
    private final Tensor logits;
    private final Map<Integer, RepeatedWork> byCount = new HashMap<>();

    /** @param most sequences */
    Steps(SessionMemory memory, int most) {
        this.memory = memory;
        this.device = memory.device();
        this.blocks = memory.blocks(memory.caches());
        this.ids = memory.workspace().allocate(DType.I32, most);
        this.slots = memory.workspace().allocate(DType.I32, most);
        this.logits = memory.workspace()
                .allocate(DType.F32, most, memory.weights().config().vocabSize());
    }

    /**
     * Logits after a token more for each of N sequences, [N, V], valid until the next call.
     *
     * @param chosen their slots
     * @param next a token for each
     * @param positions where each stands
     */
    Tensor run(int[] chosen, int[] next, int[] positions) {
        int N = chosen.length;
        device.upload(MemorySegment.ofArray(next), ids.rows(0, N));
        device.upload(MemorySegment.ofArray(chosen), slots.rows(0, N));
        device.upload(MemorySegment.ofArray(positions), memory.tokens(N).positions());
        byCount.computeIfAbsent(N, this::record).run();
        return logits.rows(0, N);
    }

    private RepeatedWork record(int N) {
        CachedTokens tokens = memory.tokens(N);
        Tensor fresh = ids.rows(0, N);
        Tensor places = slots.rows(0, N);
        Tensor to = logits.rows(0, N);
        return device.repeated(() -> {
            memory.pass(tokens, fresh, () -> blocks.forEach(block -> block.forward(tokens, places)));
            memory.head(to, tokens.normed());
        });
    }

    @Override
    public void close() {
        byCount.values().forEach(RepeatedWork::close);
        byCount.clear();
    }
}
