package dev.cria.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.OptionalLong;

/** The driver's functions on memory: of the device, page-locked of the host, and copies between them. A context must be current. */
public final class DriverMemory {
    private static final MethodHandle POINTER = NativeCalls.status(JAVA_LONG);
    private static final MethodHandle POINTER_SIZE = NativeCalls.status(JAVA_LONG, JAVA_LONG);
    private static final MethodHandle POINTER_SIZE_INT = NativeCalls.status(JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle COPY = NativeCalls.status(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FILL = NativeCalls.status(JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);

    private final Driver driver;
    private final MemorySegment cuMemGetInfo;
    private final MemorySegment cuMemAlloc;
    private final MemorySegment cuMemFree;
    private final MemorySegment cuMemHostAlloc;
    private final MemorySegment cuMemFreeHost;
    private final MemorySegment cuMemcpyHtoDAsync;
    private final MemorySegment cuMemcpyDtoHAsync;
    private final MemorySegment cuMemcpyDtoDAsync;
    private final MemorySegment cuMemsetD8Async;

    public DriverMemory(Driver driver) {
        this.driver = driver;
        FoundLibrary library = driver.library();
        this.cuMemGetInfo = library.function("cuMemGetInfo_v2");
        this.cuMemAlloc = library.function("cuMemAlloc_v2");
        this.cuMemFree = library.function("cuMemFree_v2");
        this.cuMemHostAlloc = library.function("cuMemHostAlloc");
        this.cuMemFreeHost = library.function("cuMemFreeHost");
        this.cuMemcpyHtoDAsync = library.function("cuMemcpyHtoDAsync_v2");
        this.cuMemcpyDtoHAsync = library.function("cuMemcpyDtoHAsync_v2");
        this.cuMemcpyDtoDAsync = library.function("cuMemcpyDtoDAsync_v2");
        this.cuMemsetD8Async = library.function("cuMemsetD8Async");
    }

    /** Bytes of the device that no process uses. */
    public long freeBytes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(2 * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
            driver.check(
                    (int) POINTER_SIZE.invokeExact(cuMemGetInfo, out.address(), out.address() + JAVA_LONG.byteSize()),
                    "cuMemGetInfo");
            return out.get(JAVA_LONG, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuMemGetInfo", e);
        }
    }

    /** Device memory, aligned to 256 bytes at least; empty where there is not enough. */
    public OptionalLong allocate(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            int status = (int) POINTER_SIZE.invokeExact(cuMemAlloc, out.address(), bytes);
            if (status == CudaException.OUT_OF_MEMORY) {
                return OptionalLong.empty();
            }
            driver.check(status, "cuMemAlloc");
            return OptionalLong.of(out.get(JAVA_LONG, 0));
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuMemAlloc", e);
        }
    }

    /** Gives device memory back; the driver waits for what still uses it. */
    public void free(long address) {
        try {
            driver.check((int) POINTER.invokeExact(cuMemFree, address), "cuMemFree");
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuMemFree", e);
        }
    }

    /** Page-locked host memory, which copies need to run beside other work. */
    public MemorySegment allocateHost(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            driver.check((int) POINTER_SIZE_INT.invokeExact(cuMemHostAlloc, out.address(), bytes, 0), "cuMemHostAlloc");
            return MemorySegment.ofAddress(out.get(JAVA_LONG, 0)).reinterpret(bytes);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuMemHostAlloc", e);
        }
    }

    public void freeHost(MemorySegment memory) {
        try {
            driver.check((int) POINTER.invokeExact(cuMemFreeHost, memory.address()), "cuMemFreeHost");
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuMemFreeHost", e);
        }
    }

    public void copyToDevice(long device, long host, long bytes, Stream stream) {
        copy(cuMemcpyHtoDAsync, device, host, bytes, stream, "cuMemcpyHtoDAsync");
    }

    public void copyToHost(long host, long device, long bytes, Stream stream) {
        copy(cuMemcpyDtoHAsync, host, device, bytes, stream, "cuMemcpyDtoHAsync");
    }

    public void copyOnDevice(long to, long from, long bytes, Stream stream) {
        copy(cuMemcpyDtoDAsync, to, from, bytes, stream, "cuMemcpyDtoDAsync");
    }

    /** Sets device memory to zero. */
    public void zero(long device, long bytes, Stream stream) {
        if (bytes == 0) {
            return;
        }
        try {
            driver.check(
                    (int) FILL.invokeExact(cuMemsetD8Async, device, (byte) 0, bytes, stream.handle()),
                    "cuMemsetD8Async");
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuMemsetD8Async", e);
        }
    }

    private void copy(MemorySegment function, long to, long from, long bytes, Stream stream, String name) {
        if (bytes == 0) {
            return;
        }
        try {
            driver.check((int) COPY.invokeExact(function, to, from, bytes, stream.handle()), name);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken(name, e);
        }
    }
}
