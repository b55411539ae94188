package dev.cria.cuda.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cria.cuda.driver.DriverMemory;
import java.lang.foreign.MemorySegment;

/**
 * A word of page-locked memory in which kernels note an index that a table does not have. They go on with zeros; who next waits for the GPU reads
 * the word and throws, so that looking costs nothing in between. Of several such indices one is told.
 */
public final class IndexFault implements AutoCloseable {
    private final DriverMemory memory;
    private final MemorySegment word;

    public IndexFault(DriverMemory memory) {
        this.memory = memory;
        this.word = memory.allocateHost(JAVA_LONG.byteSize());
        word.set(JAVA_LONG, 0, 0);
    }

    /** What kernels write to: 0, or the table's size in the upper half and the index in the lower. */
    public long address() {
        return word.address();
    }

    /**
     * Looks, after the kernels have been waited for.
     *
     * @throws IndexOutOfBoundsException if one met an index outside its table since the last look
     */
    public void check() {
        long fault = word.get(JAVA_LONG, 0);
        if (fault != 0) {
            word.set(JAVA_LONG, 0, 0);
            throw new IndexOutOfBoundsException(
                    "a kernel met index " + (int) fault + ", the table has 0 to " + ((fault >>> Integer.SIZE) - 1));
        }
    }

    /** The caller has waited for the kernels. */
    @Override
    public void close() {
        memory.freeHost(word);
    }
}
