package dev.cria.tensor.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Working memory of one kernel, one block for each thread that runs it; it grows to the largest need and stays. */
final class ThreadScratch {
    private static final long ALIGNMENT = 64;

    /** From here on a block is a huge page at least: operands that are read again and again miss no translations then. */
    private static final long LARGE = 128 << 10;

    private static final long HUGE_PAGE = 2 << 20;

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
                memory = AnonymousMemory.allocate(
                        Arena.ofAuto(), bytes < LARGE ? bytes : Math.max(bytes, HUGE_PAGE), ALIGNMENT);
            }
            return memory.address();
        }
    }
}
