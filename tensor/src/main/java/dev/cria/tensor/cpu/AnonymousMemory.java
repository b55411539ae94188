package dev.cria.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Large zeroed memory straight from Linux, asked for in huge pages: kernels that walk many rows at once would otherwise miss the translation
 * cache, and pages come into being only when touched. Elsewhere, and for small pieces, the arena allocates as usual.
 */
final class AnonymousMemory {
    private static final long HUGE_PAGE = 2 << 20;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_HUGEPAGE = 14;
    private static final boolean LINUX = System.getProperty("os.name").startsWith("Linux");

    private AnonymousMemory() {}

    /** {@code bytes} of zeros that live as long as {@code arena}, aligned to {@code alignment} (a power of two up to a page). */
    static MemorySegment allocate(Arena arena, long bytes, long alignment) {
        if (!LINUX || bytes < HUGE_PAGE) {
            return arena.allocate(bytes, alignment);
        }
        // A huge page more than needed, so that the data can begin at the start of one.
        long length = Math.addExact(bytes, HUGE_PAGE);
        long mapping = Calls.mmap(length);
        long start = (mapping + HUGE_PAGE - 1) & -HUGE_PAGE;
        Calls.adviseHugePages(start, mapping + length - start);
        return MemorySegment.ofAddress(start).reinterpret(bytes, arena, segment -> Calls.munmap(mapping, length));
    }

    /** The C functions, looked up when first needed. */
    private static final class Calls {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final MethodHandle MMAP = function(
                "mmap",
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
        private static final MethodHandle MADVISE =
                function("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
        private static final MethodHandle MUNMAP =
                function("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

        private static MethodHandle function(String name, FunctionDescriptor type) {
            return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
        }

        static long mmap(long length) {
            long address;
            try {
                address = (long) MMAP.invokeExact(0L, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
            } catch (Throwable e) {
                throw new IllegalStateException("mmap", e);
            }
            if (address == -1) {
                throw new OutOfMemoryError("the system has no " + (length >> 20) + " MiB of memory left");
            }
            return address;
        }

        static void adviseHugePages(long address, long length) {
            try {
                // Advice: where huge pages are switched off it fails, and nothing is lost.
                int ignored = (int) MADVISE.invokeExact(address, length, MADV_HUGEPAGE);
            } catch (Throwable e) {
                throw new IllegalStateException("madvise", e);
            }
        }

        static void munmap(long address, long length) {
            try {
                int ignored = (int) MUNMAP.invokeExact(address, length);
            } catch (Throwable e) {
                throw new IllegalStateException("munmap", e);
            }
        }
    }
}
