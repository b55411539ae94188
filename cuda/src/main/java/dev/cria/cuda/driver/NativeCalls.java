package dev.cria.cuda.driver;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Method handles for C functions that return an {@code int} status. A handle is made for a function's type and takes the function's address
 * first, so that it can be a constant (which the compiler calls directly) although libraries are found at run time. Pointers, handles and
 * sizes are all {@code long}: nothing is boxed and no segment is made for a call.
 */
public final class NativeCalls {
    private NativeCalls() {}

    /** A handle of type {@code (MemorySegment address, arguments…) → int}. */
    public static MethodHandle status(MemoryLayout... arguments) {
        return Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    /** A handle of type {@code (MemorySegment address, arguments…) → long}. */
    public static MethodHandle number(MemoryLayout... arguments) {
        return Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(ValueLayout.JAVA_LONG, arguments));
    }

    /** What a call that cannot throw has thrown: the handle and the call do not fit together. */
    public static IllegalStateException broken(String function, Throwable cause) {
        return new IllegalStateException("calling " + function, cause);
    }

    /** A C string that someone else owns. */
    public static String string(long address) {
        return address == 0
                ? ""
                : MemorySegment.ofAddress(address)
                        .reinterpret(Integer.MAX_VALUE)
                        .getString(0);
    }
}
