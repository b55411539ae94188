package dev.cria.cuda.compile;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.FoundLibrary;
import dev.cria.cuda.driver.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** NVIDIA's run-time compiler: CUDA C++ in, machine code out. It needs no GPU. */
public final class Nvrtc {
    private static final MethodHandle INT = NativeCalls.status(JAVA_INT);
    private static final MethodHandle POINTER = NativeCalls.status(JAVA_LONG);
    private static final MethodHandle TWO_POINTERS = NativeCalls.status(JAVA_LONG, JAVA_LONG);
    private static final MethodHandle POINTER_INT_POINTER = NativeCalls.status(JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static final MethodHandle CREATE =
            NativeCalls.status(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle TEXT = NativeCalls.number(JAVA_INT);

    static final int COMPILATION_FAILED = 6;

    /** More than any log or program of ours; a larger size is no size. */
    private static final long MAXIMUM_BYTES = 1L << 30;

    private final FoundLibrary library;
    private final MemorySegment create;
    private final MemorySegment destroy;
    private final MemorySegment compile;
    private final MemorySegment errorString;
    private final int version;

    public Nvrtc(FoundLibrary library) {
        this.library = library;
        this.create = library.function("nvrtcCreateProgram");
        this.destroy = library.function("nvrtcDestroyProgram");
        this.compile = library.function("nvrtcCompileProgram");
        this.errorString = library.function("nvrtcGetErrorString");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT, 2);
            check(
                    (int) TWO_POINTERS.invokeExact(
                            library.function("nvrtcVersion"), out.address(), out.address() + Integer.BYTES),
                    "nvrtcVersion");
            this.version = out.getAtIndex(JAVA_INT, 0) * 1000 + out.getAtIndex(JAVA_INT, 1) * 10;
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("nvrtcVersion", e);
        }
    }

    /** Where it was found. */
    public FoundLibrary library() {
        return library;
    }

    /** 13000 for 13.0, as the driver counts. */
    public int version() {
        return version;
    }

    /** The compute capabilities it makes machine code for, ascending, as major·10 + minor. */
    public int[] architectures() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            check(
                    (int) POINTER.invokeExact(library.function("nvrtcGetNumSupportedArchs"), count.address()),
                    "nvrtcGetNumSupportedArchs");
            MemorySegment list = arena.allocate(JAVA_INT, Math.clamp(count.get(JAVA_INT, 0), 0, 1000));
            check(
                    (int) POINTER.invokeExact(library.function("nvrtcGetSupportedArchs"), list.address()),
                    "nvrtcGetSupportedArchs");
            return list.toArray(JAVA_INT);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("nvrtcGetSupportedArchs", e);
        }
    }

    /**
     * Compiles.
     *
     * @param machineCode whether machine code comes back, else PTX
     * @throws CudaException if it does not compile; the message has the compiler's log
     */
    public byte[] compile(KernelSource source, List<String> options, boolean machineCode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            String name = source.name() + ".cu";
            MemorySegment headers = pointers(arena, List.copyOf(source.headers().values()));
            MemorySegment headerNames =
                    pointers(arena, List.copyOf(source.headers().keySet()));
            MemorySegment text = arena.allocateFrom(source.text());
            MemorySegment file = arena.allocateFrom(name);
            int count = source.headers().size();
            check(
                    (int) CREATE.invokeExact(
                            create,
                            out.address(),
                            text.address(),
                            file.address(),
                            count,
                            headers.address(),
                            headerNames.address()),
                    "nvrtcCreateProgram");
            long program = out.get(JAVA_LONG, 0);
            try {
                MemorySegment list = pointers(arena, options);
                int status = (int) POINTER_INT_POINTER.invokeExact(compile, program, options.size(), list.address());
                if (status == COMPILATION_FAILED) {
                    String log = new String(
                            bytes(arena, program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog"),
                            StandardCharsets.UTF_8);
                    throw CudaException.other(name + " does not compile with " + options + ":\n" + log.strip(), status);
                }
                check(status, "nvrtcCompileProgram of " + name + " with " + options);
                return machineCode
                        ? bytes(arena, program, "nvrtcGetCUBINSize", "nvrtcGetCUBIN")
                        : bytes(arena, program, "nvrtcGetPTXSize", "nvrtcGetPTX");
            } finally {
                int ignored = (int) POINTER.invokeExact(destroy, out.address());
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("NVRTC", e);
        }
    }

    private byte[] bytes(Arena arena, long program, String sizeFunction, String function) throws Throwable {
        MemorySegment size = arena.allocate(JAVA_LONG);
        check((int) TWO_POINTERS.invokeExact(library.function(sizeFunction), program, size.address()), sizeFunction);
        long count = size.get(JAVA_LONG, 0);
        if (count < 0 || count > MAXIMUM_BYTES) {
            throw CudaException.other(sizeFunction + " gave " + count + " bytes", 0);
        }
        MemorySegment memory = arena.allocate(Math.max(count, 1));
        check((int) TWO_POINTERS.invokeExact(library.function(function), program, memory.address()), function);
        return memory.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
    }

    private static MemorySegment pointers(Arena arena, List<String> texts) {
        MemorySegment list = arena.allocate(JAVA_LONG, Math.max(texts.size(), 1));
        for (int i = 0; i < texts.size(); i++) {
            list.setAtIndex(JAVA_LONG, i, arena.allocateFrom(texts.get(i)).address());
        }
        return list;
    }

    private void check(int status, String call) throws Throwable {
        if (status != CudaException.SUCCESS) {
            String text = NativeCalls.string((long) TEXT.invokeExact(errorString, status));
            throw CudaException.other(call + " failed with " + text, status);
        }
    }
}
