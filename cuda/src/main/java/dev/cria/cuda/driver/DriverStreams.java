package dev.cria.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The driver's functions on streams and events. A context must be current. */
public final class DriverStreams {
    private static final MethodHandle POINTER = NativeCalls.status(JAVA_LONG);
    private static final MethodHandle POINTER_INT = NativeCalls.status(JAVA_LONG, JAVA_INT);
    private static final MethodHandle TWO_POINTERS = NativeCalls.status(JAVA_LONG, JAVA_LONG);
    private static final MethodHandle THREE_POINTERS = NativeCalls.status(JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /** The stream does not wait for the process's default stream, nor that for it. */
    static final int NON_BLOCKING = 1;

    static final int DISABLE_TIMING = 2;

    private final Driver driver;
    private final MemorySegment cuStreamCreate;
    private final MemorySegment cuStreamDestroy;
    private final MemorySegment cuStreamSynchronize;
    private final MemorySegment cuEventCreate;
    private final MemorySegment cuEventDestroy;
    private final MemorySegment cuEventRecord;
    private final MemorySegment cuEventSynchronize;
    private final MemorySegment cuEventElapsedTime;

    public DriverStreams(Driver driver) {
        this.driver = driver;
        FoundLibrary library = driver.library();
        this.cuStreamCreate = library.function("cuStreamCreate");
        this.cuStreamDestroy = library.function("cuStreamDestroy_v2");
        this.cuStreamSynchronize = library.function("cuStreamSynchronize");
        this.cuEventCreate = library.function("cuEventCreate");
        this.cuEventDestroy = library.function("cuEventDestroy_v2");
        this.cuEventRecord = library.function("cuEventRecord");
        this.cuEventSynchronize = library.function("cuEventSynchronize");
        this.cuEventElapsedTime = library.function("cuEventElapsedTime");
    }

    public Stream create() {
        return new Stream(this, made(cuStreamCreate, NON_BLOCKING, "cuStreamCreate"));
    }

    /** An event that remembers when it was reached. */
    public Event timer() {
        return new Event(this, made(cuEventCreate, 0, "cuEventCreate"));
    }

    /** An event that only tells that it was reached. */
    public Event marker() {
        return new Event(this, made(cuEventCreate, DISABLE_TIMING, "cuEventCreate"));
    }

    void synchronize(Stream stream) {
        one(cuStreamSynchronize, stream.handle(), "cuStreamSynchronize");
    }

    /** The status of waiting for a stream, for a caller that knows what was running. */
    public int await(Stream stream) {
        try {
            return (int) POINTER.invokeExact(cuStreamSynchronize, stream.handle());
        } catch (Throwable e) {
            throw NativeCalls.broken("cuStreamSynchronize", e);
        }
    }

    void destroy(Stream stream) {
        one(cuStreamDestroy, stream.handle(), "cuStreamDestroy");
    }

    void record(Event event, Stream stream) {
        try {
            driver.check(
                    (int) TWO_POINTERS.invokeExact(cuEventRecord, event.handle(), stream.handle()), "cuEventRecord");
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuEventRecord", e);
        }
    }

    void synchronize(Event event) {
        one(cuEventSynchronize, event.handle(), "cuEventSynchronize");
    }

    void destroy(Event event) {
        one(cuEventDestroy, event.handle(), "cuEventDestroy");
    }

    float milliseconds(Event start, Event end) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_FLOAT);
            driver.check(
                    (int) THREE_POINTERS.invokeExact(cuEventElapsedTime, out.address(), start.handle(), end.handle()),
                    "cuEventElapsedTime");
            return out.get(JAVA_FLOAT, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken("cuEventElapsedTime", e);
        }
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

    private long made(MemorySegment function, int flags, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            driver.check((int) POINTER_INT.invokeExact(function, out.address(), flags), name);
            return out.get(JAVA_LONG, 0);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw NativeCalls.broken(name, e);
        }
    }
}
