package dev.cria.tensor.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Working memory of one kernel, one block for each thread that runs it; it grows to the largest need and stays. */
final class ThreadScratch {
    private static final long ALIGNMENT = 64;

    private final ThreadLocal<Block> blocks = ThreadLocal.withInitial(Block::new);

    /** The address of at least {@code bytes} bytes, this thread's own until its next call; what they hold is undefined. */
    long reserve(long bytes) {
        return blocks.get().reserve(bytes);
    }

    private static final class Block {
        /** Freed with the thread or the kernel, whichever is forgotten first. */
        private MemorySegment memory = MemorySegment.NULL;

        long reserve(long bytes) {
            if (memory.byteSize() < bytes) {
                memory = Arena.ofAuto().allocate(bytes, ALIGNMENT);
            }
            return memory.address();
        }
    }
}
