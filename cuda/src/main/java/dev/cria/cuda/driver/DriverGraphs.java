package dev.cria.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The driver's functions that record what is put into a stream and start the recording as one. A context must be current. */
public final class DriverGraphs {
    /** Nothing else that this process does meanwhile breaks a recording. */
    static final int CAPTURE_MODE_RELAXED = 2;

    private static final MethodHandle POINTER = NativeCalls.status(JAVA_LONG);
    private static final MethodHandle POINTER_INT = NativeCalls.status(JAVA_LONG, JAVA_INT);
    private static final MethodHandle TWO_POINTERS = NativeCalls.status(JAVA_LONG, JAVA_LONG);
    private static final MethodHandle THREE_POINTERS = NativeCalls.status(JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private final Driver driver;
    private final MemorySegment cuStreamBeginCapture;
    private final MemorySegment cuStreamEndCapture;
    private final MemorySegment cuGraphInstantiate;
    private final MemorySegment cuGraphLaunch;
    private final MemorySegment cuGraphExecDestroy;
    private final MemorySegment cuGraphDestroy;

    public DriverGraphs(Driver driver) {
        this.driver = driver;
        FoundLibrary library = driver.library();
        this.cuStreamBeginCapture = library.function("cuStreamBeginCapture_v2");
        this.cuStreamEndCapture = library.function("cuStreamEndCapture");
        this.cuGraphInstantiate = library.function("cuGraphInstantiateWithFlags");
        this.cuGraphLaunch = library.function("cuGraphLaunch");
        this.cuGraphExecDestroy = library.function("cuGraphExecDestroy");
        this.cuGraphDestroy = library.function("cuGraphDestroy");
    }

    /** From here on the stream's work is recorded and not done. */
    public void begin(Stream stream) {
        try {
            driver.check(
                    (int) POINTER_INT.invokeExact(cuStreamBeginCapture, stream.handle(), CAPTURE_MODE_RELAXED),
                    "cuStreamBeginCapture");
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuStreamBeginCapture", e);
        }
    }

    /** Ends recording and returns what can be launched. */
    public long end(Stream stream) {
        long graph = endCapture(stream);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            driver.check(
                    (int) THREE_POINTERS.invokeExact(cuGraphInstantiate, out.address(), graph, 0L),
                    "cuGraphInstantiate");
            return out.get(JAVA_LONG, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuGraphInstantiate", e);
        } finally {
            one(cuGraphDestroy, graph, "cuGraphDestroy");
        }
    }

    /** Ends a recording that came to nothing; the stream works again. */
    public void abandon(Stream stream) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            int status = (int) TWO_POINTERS.invokeExact(cuStreamEndCapture, stream.handle(), out.address());
            if (status == CudaException.SUCCESS && out.get(JAVA_LONG, 0) != 0) {
                one(cuGraphDestroy, out.get(JAVA_LONG, 0), "cuGraphDestroy");
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuStreamEndCapture", e);
        }
    }

    private long endCapture(Stream stream) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            driver.check(
                    (int) TWO_POINTERS.invokeExact(cuStreamEndCapture, stream.handle(), out.address()),
                    "cuStreamEndCapture");
            return out.get(JAVA_LONG, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuStreamEndCapture", e);
        }
    }

    /** Starts all that was recorded. */
    public void launch(long executable, Stream stream) {
        try {
            driver.check((int) TWO_POINTERS.invokeExact(cuGraphLaunch, executable, stream.handle()), "cuGraphLaunch");
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuGraphLaunch", e);
        }
    }

    public void destroy(long executable) {
        one(cuGraphExecDestroy, executable, "cuGraphExecDestroy");
    }

    private void one(MemorySegment function, long handle, String name) {
        try {
            driver.check((int) POINTER.invokeExact(function, handle), name);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken(name, e);
        }
    }
}
