package dev.cria.cuda.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.FoundLibrary;
import dev.cria.cuda.driver.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/** The functions of cuDNN's backend: descriptors are made, get attributes, are finished and then do not change. */
final class Cudnn {
    private static final MethodHandle POINTER = NativeCalls.status(JAVA_LONG);
    private static final MethodHandle TWO_POINTERS = NativeCalls.status(JAVA_LONG, JAVA_LONG);
    private static final MethodHandle INT_POINTER = NativeCalls.status(JAVA_INT, JAVA_LONG);
    private static final MethodHandle THREE_POINTERS = NativeCalls.status(JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle SET = NativeCalls.status(JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle GET =
            NativeCalls.status(JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle NUMBER = NativeCalls.number();
    private static final MethodHandle TEXT = NativeCalls.number(JAVA_INT);
    private static final MethodHandle LAST_ERROR =
            Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
    private static final int MESSAGE_BYTES = 1024;

    private final FoundLibrary library;
    private final MemorySegment createDescriptor;
    private final MemorySegment destroyDescriptor;
    private final MemorySegment finishDescriptor;
    private final MemorySegment setAttribute;
    private final MemorySegment getAttribute;
    private final MemorySegment execute;

    Cudnn(FoundLibrary library) {
        this.library = library;
        this.createDescriptor = library.function("cudnnBackendCreateDescriptor");
        this.destroyDescriptor = library.function("cudnnBackendDestroyDescriptor");
        this.finishDescriptor = library.function("cudnnBackendFinalize");
        this.setAttribute = library.function("cudnnBackendSetAttribute");
        this.getAttribute = library.function("cudnnBackendGetAttribute");
        this.execute = library.function("cudnnBackendExecute");
    }

    String where() {
        return library.where();
    }

    /** 91900 for 9.19.0. */
    long version() {
        try {
            return (long) NUMBER.invokeExact(library.function("cudnnGetVersion"));
        } catch (Throwable e) {
            throw thrown("cudnnGetVersion", e);
        }
    }

    /** A handle on the current context's device, whose work goes to a stream. */
    long open(long stream) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            check((int) POINTER.invokeExact(library.function("cudnnCreate"), out.address()), "cudnnCreate");
            long handle = out.get(JAVA_LONG, 0);
            check((int) TWO_POINTERS.invokeExact(library.function("cudnnSetStream"), handle, stream), "cudnnSetStream");
            return handle;
        } catch (Throwable e) {
            throw thrown("cudnnCreate", e);
        }
    }

    void close(long handle) {
        try {
            check((int) POINTER.invokeExact(library.function("cudnnDestroy"), handle), "cudnnDestroy");
        } catch (Throwable e) {
            throw thrown("cudnnDestroy", e);
        }
    }

    /** A new descriptor; types stand in {@link Codes}. */
    long create(int type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            check((int) INT_POINTER.invokeExact(createDescriptor, type, out.address()), "cudnnBackendCreateDescriptor");
            return out.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw thrown("cudnnBackendCreateDescriptor", e);
        }
    }

    void destroy(long descriptor) {
        try {
            int ignored = (int) POINTER.invokeExact(destroyDescriptor, descriptor);
        } catch (Throwable e) {
            throw thrown("cudnnBackendDestroyDescriptor", e);
        }
    }

    /** Sets an attribute of 8-byte elements: integers, descriptors, pointers, handles. */
    void set(long descriptor, int attribute, int type, long... values) {
        try (Arena arena = Arena.ofConfined()) {
            set(descriptor, attribute, type, values.length, arena.allocateFrom(JAVA_LONG, values));
        }
    }

    /** Sets an attribute that is one of C's enumerations or a boolean: little-endian, so that the first bytes are either. */
    void setCode(long descriptor, int attribute, int type, int code) {
        try (Arena arena = Arena.ofConfined()) {
            set(descriptor, attribute, type, 1, arena.allocateFrom(JAVA_LONG, code));
        }
    }

    void setText(long descriptor, int attribute, String text) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            set(descriptor, attribute, Codes.TYPE_CHAR, bytes.length, arena.allocateFrom(JAVA_BYTE, bytes));
        }
    }

    private void set(long descriptor, int attribute, int type, long count, MemorySegment values) {
        try {
            check(
                    (int) SET.invokeExact(setAttribute, descriptor, attribute, type, count, values.address()),
                    "setting attribute " + attribute);
        } catch (Throwable e) {
            throw thrown("cudnnBackendSetAttribute", e);
        }
    }

    /** Reads an attribute of 8-byte elements into an array, or fills descriptors that stand in it; gives how many there are. */
    int get(long descriptor, int attribute, int type, long[] values) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_LONG);
            MemorySegment array = arena.allocateFrom(JAVA_LONG, values);
            check(
                    (int) GET.invokeExact(
                            getAttribute,
                            descriptor,
                            attribute,
                            type,
                            (long) values.length,
                            count.address(),
                            array.address()),
                    "reading attribute " + attribute);
            MemorySegment.copy(array, JAVA_LONG, 0, values, 0, values.length);
            return Math.toIntExact(Math.min(count.get(JAVA_LONG, 0), values.length));
        } catch (Throwable e) {
            throw thrown("cudnnBackendGetAttribute", e);
        }
    }

    /** Checks a descriptor and ends its making. */
    void finish(long descriptor, String what) {
        try {
            check((int) POINTER.invokeExact(finishDescriptor, descriptor), what);
        } catch (Throwable e) {
            throw thrown("cudnnBackendFinalize", e);
        }
    }

    void execute(long handle, long plan, long pack) {
        try {
            check((int) THREE_POINTERS.invokeExact(execute, handle, plan, pack), "cudnnBackendExecute");
        } catch (Throwable e) {
            throw thrown("cudnnBackendExecute", e);
        }
    }

    private void check(int status, String call) throws Throwable {
        if (status == CudaException.SUCCESS) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(MESSAGE_BYTES);
            LAST_ERROR.invokeExact(library.function("cudnnGetLastErrorString"), message.address(), message.byteSize());
            message.set(JAVA_BYTE, MESSAGE_BYTES - 1L, (byte) 0);
            String name = NativeCalls.string((long) TEXT.invokeExact(library.function("cudnnGetErrorString"), status));
            throw CudaException.other("cuDNN: " + call + " failed with " + name + ", " + message.getString(0), status);
        }
    }

    private static RuntimeException thrown(String call, Throwable e) {
        return e instanceof RuntimeException known ? known : NativeCalls.broken(call, e);
    }
}
