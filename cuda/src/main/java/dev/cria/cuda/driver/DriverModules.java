package dev.cria.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The driver's functions on machine code: loading it, finding kernels, starting them. A context must be current. */
public final class DriverModules {
    private static final MethodHandle POINTER = NativeCalls.status(JAVA_LONG);
    private static final MethodHandle TWO_POINTERS = NativeCalls.status(JAVA_LONG, JAVA_LONG);
    private static final MethodHandle THREE_POINTERS = NativeCalls.status(JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle POINTER_INT_INT = NativeCalls.status(JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle LAUNCH = NativeCalls.status(
            JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG,
            JAVA_LONG);

    static final int MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

    private final Driver driver;
    private final MemorySegment cuModuleLoadData;
    private final MemorySegment cuModuleUnload;
    private final MemorySegment cuModuleGetFunction;
    private final MemorySegment cuFuncSetAttribute;
    private final MemorySegment cuLaunchKernel;

    public DriverModules(Driver driver) {
        this.driver = driver;
        FoundLibrary library = driver.library();
        this.cuModuleLoadData = library.function("cuModuleLoadData");
        this.cuModuleUnload = library.function("cuModuleUnload");
        this.cuModuleGetFunction = library.function("cuModuleGetFunction");
        this.cuFuncSetAttribute = library.function("cuFuncSetAttribute");
        this.cuLaunchKernel = library.function("cuLaunchKernel");
    }

    /** Loads machine code or PTX for the current context's device. */
    public long load(byte[] image) {
        try (Arena arena = Arena.ofConfined()) {
            // One byte more: PTX is a string, and ends with zero.
            MemorySegment memory = arena.allocate(image.length + 1L, 16);
            MemorySegment.copy(MemorySegment.ofArray(image), 0, memory, 0, image.length);
            MemorySegment out = arena.allocate(JAVA_LONG);
            driver.check(
                    (int) TWO_POINTERS.invokeExact(cuModuleLoadData, out.address(), memory.address()),
                    "cuModuleLoadData");
            return out.get(JAVA_LONG, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuModuleLoadData", e);
        }
    }

    public void unload(long module) {
        try {
            driver.check((int) POINTER.invokeExact(cuModuleUnload, module), "cuModuleUnload");
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuModuleUnload", e);
        }
    }

    /** A kernel by its name in the source. */
    public long function(long module, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            MemorySegment text = arena.allocateFrom(name);
            driver.check(
                    (int) THREE_POINTERS.invokeExact(cuModuleGetFunction, out.address(), module, text.address()),
                    "cuModuleGetFunction of " + name);
            return out.get(JAVA_LONG, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuModuleGetFunction", e);
        }
    }

    /** Lets a kernel be started with so much dynamic shared memory; needed above 48 KiB. */
    public void allowSharedBytes(long function, int bytes) {
        try {
            driver.check(
                    (int) POINTER_INT_INT.invokeExact(
                            cuFuncSetAttribute, function, MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
                    "cuFuncSetAttribute for " + bytes + " bytes of shared memory");
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuFuncSetAttribute", e);
        }
    }

    /**
     * Starts a kernel.
     *
     * @param arguments address of an array with the address of each argument
     * @return the status
     */
    public int launch(
            long function,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int sharedBytes,
            Stream stream,
            long arguments) {
        try {
            return (int) LAUNCH.invokeExact(
                    cuLaunchKernel,
                    function,
                    gridX,
                    gridY,
                    gridZ,
                    blockX,
                    1,
                    1,
                    sharedBytes,
                    stream.handle(),
                    arguments,
                    0L);
        } catch (Throwable e) {
            throw NativeCalls.broken("cuLaunchKernel", e);
        }
    }
}
