package dev.cria.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cria.base.UserError;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** NVIDIA's driver: devices and contexts here, memory, streams, modules and graphs in the classes it hands out. */
public final class Driver {
    private static final MethodHandle INT = NativeCalls.status(JAVA_INT);
    private static final MethodHandle POINTER = NativeCalls.status(JAVA_LONG);
    private static final MethodHandle POINTER_INT = NativeCalls.status(JAVA_LONG, JAVA_INT);
    private static final MethodHandle POINTER_INT_INT = NativeCalls.status(JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle INT_POINTER = NativeCalls.status(JAVA_INT, JAVA_LONG);

    static final int COMPUTE_CAPABILITY_MAJOR = 75;
    static final int COMPUTE_CAPABILITY_MINOR = 76;
    static final int MULTIPROCESSOR_COUNT = 16;
    static final int SHARED_MEMORY_PER_BLOCK_OPTIN = 97;
    static final int L2_CACHE_SIZE = 38;
    private static final int LEAST_VERSION = 12000;
    private static final int NAME_BYTES = 256;

    private final FoundLibrary library;
    private final MemorySegment cuDeviceGetCount;
    private final MemorySegment cuDeviceGet;
    private final MemorySegment cuDeviceGetName;
    private final MemorySegment cuDeviceTotalMem;
    private final MemorySegment cuDeviceGetAttribute;
    private final MemorySegment cuDevicePrimaryCtxRetain;
    private final MemorySegment cuDevicePrimaryCtxRelease;
    private final MemorySegment cuCtxSetCurrent;
    private final MemorySegment cuGetErrorName;
    private final MemorySegment cuGetErrorString;
    private final int version;

    private Driver(FoundLibrary library) {
        this.library = library;
        this.cuDeviceGetCount = library.function("cuDeviceGetCount");
        this.cuDeviceGet = library.function("cuDeviceGet");
        this.cuDeviceGetName = library.function("cuDeviceGetName");
        this.cuDeviceTotalMem = library.function("cuDeviceTotalMem_v2");
        this.cuDeviceGetAttribute = library.function("cuDeviceGetAttribute");
        this.cuDevicePrimaryCtxRetain = library.function("cuDevicePrimaryCtxRetain");
        this.cuDevicePrimaryCtxRelease = library.function("cuDevicePrimaryCtxRelease_v2");
        this.cuCtxSetCurrent = library.function("cuCtxSetCurrent");
        this.cuGetErrorName = library.function("cuGetErrorName");
        this.cuGetErrorString = library.function("cuGetErrorString");
        int status = call(library.function("cuInit"), 0, "cuInit");
        if (status != CudaException.SUCCESS) {
            throw new UserError(
                    "NVIDIA's driver at " + library.where() + " does not start: " + describe(status),
                    "see whether `nvidia-smi` lists a GPU; in a container start it with `--gpus all`; or use --device cpu");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            check(callPointer(library.function("cuDriverGetVersion"), out.address()), "cuDriverGetVersion");
            this.version = out.get(JAVA_INT, 0);
        }
        if (version < LEAST_VERSION) {
            throw new UserError(
                    "NVIDIA's driver at " + library.where() + " is too old: it runs programs for CUDA " + version / 1000
                            + "." + version % 1000 / 10 + ", and Cria needs 12.0",
                    "update NVIDIA's driver");
        }
    }

    /**
     * Finds and starts the driver.
     *
     * @throws UserError if there is none, or no GPU for it
     */
    public static Driver open(LibrarySearch search) {
        return new Driver(search.open(CudaLibrary.DRIVER, Integer.MAX_VALUE));
    }

    /** Where the driver was found. */
    public FoundLibrary library() {
        return library;
    }

    /** The newest CUDA the driver runs: 13000 for 13.0. */
    public int version() {
        return version;
    }

    public int deviceCount() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            check(callPointer(cuDeviceGetCount, out.address()), "cuDeviceGetCount");
            return out.get(JAVA_INT, 0);
        }
    }

    /**
     * The device of an ordinal, to be given to the other methods.
     *
     * @throws UserError if there are not so many
     */
    public int device(int ordinal) {
        int count = deviceCount();
        if (ordinal < 0 || ordinal >= count) {
            throw new UserError(
                    "there is no GPU " + ordinal + ": the driver sees " + (count == 0 ? "none" : count + " of them"),
                    count == 0
                            ? "see whether `nvidia-smi` lists a GPU and CUDA_VISIBLE_DEVICES does not hide it; or use --device cpu"
                            : "choose one from 0 to " + (count - 1));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            check((int) POINTER_INT.invokeExact(cuDeviceGet, out.address(), ordinal), "cuDeviceGet");
            return out.get(JAVA_INT, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuDeviceGet", e);
        }
    }

    public CardProperties properties(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            check(
                    (int) POINTER_INT_INT.invokeExact(cuDeviceGetName, name.address(), NAME_BYTES, device),
                    "cuDeviceGetName");
            MemorySegment bytes = arena.allocate(JAVA_LONG);
            check((int) POINTER_INT.invokeExact(cuDeviceTotalMem, bytes.address(), device), "cuDeviceTotalMem");
            return new CardProperties(
                    name.getString(0),
                    attribute(COMPUTE_CAPABILITY_MAJOR, device) * 10 + attribute(COMPUTE_CAPABILITY_MINOR, device),
                    attribute(MULTIPROCESSOR_COUNT, device),
                    bytes.get(JAVA_LONG, 0),
                    attribute(SHARED_MEMORY_PER_BLOCK_OPTIN, device),
                    attribute(L2_CACHE_SIZE, device));
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuDeviceGetName", e);
        }
    }

    private int attribute(int attribute, int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            check(
                    (int) POINTER_INT_INT.invokeExact(cuDeviceGetAttribute, out.address(), attribute, device),
                    "cuDeviceGetAttribute");
            return out.get(JAVA_INT, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuDeviceGetAttribute", e);
        }
    }

    /** The device's primary context, which all users of this process share; one more owner. */
    public long retainContext(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            check(
                    (int) POINTER_INT.invokeExact(cuDevicePrimaryCtxRetain, out.address(), device),
                    "cuDevicePrimaryCtxRetain");
            return out.get(JAVA_LONG, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuDevicePrimaryCtxRetain", e);
        }
    }

    /** One owner less. */
    public void releaseContext(int device) {
        check(call(cuDevicePrimaryCtxRelease, device, "cuDevicePrimaryCtxRelease"), "cuDevicePrimaryCtxRelease");
    }

    /** Makes a context the calling thread's. */
    public void makeCurrent(long context) {
        int status = callPointer(cuCtxSetCurrent, context);
        if (status != CudaException.SUCCESS) {
            throw failure("cuCtxSetCurrent", status);
        }
    }

    /** @throws CudaException unless the status is success */
    public void check(int status, String call) {
        if (status != CudaException.SUCCESS) {
            throw failure(call, status);
        }
    }

    /** The exception for a status. */
    public CudaException failure(String call, int status) {
        return CudaException.of(call, status, errorText(cuGetErrorName, status), errorText(cuGetErrorString, status));
    }

    /** The exception for a kernel that failed. */
    public CudaException kernelFailure(String kernel, int status) {
        return CudaException.ofKernel(
                kernel, status, errorText(cuGetErrorName, status), errorText(cuGetErrorString, status));
    }

    private String describe(int status) {
        return errorText(cuGetErrorName, status) + " (" + errorText(cuGetErrorString, status) + ")";
    }

    private static String errorText(MemorySegment function, int status) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            int found = (int) INT_POINTER.invokeExact(function, status, out.address());
            return found == CudaException.SUCCESS ? NativeCalls.string(out.get(JAVA_LONG, 0)) : "error " + status;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuGetErrorName", e);
        }
    }

    private static int call(MemorySegment function, int argument, String name) {
        try {
            return (int) INT.invokeExact(function, argument);
        } catch (Throwable e) {
            throw NativeCalls.broken(name, e);
        }
    }

    private static int callPointer(MemorySegment function, long argument) {
        try {
            return (int) POINTER.invokeExact(function, argument);
        } catch (Throwable e) {
            throw NativeCalls.broken("the driver", e);
        }
    }
}
