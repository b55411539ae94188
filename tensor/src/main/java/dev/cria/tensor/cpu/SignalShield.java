package dev.cria.tensor.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Keeps asynchronous signals from the calling thread while a library runs that a signal would harm. oneDNN's float32 product is one: with
 * Java's flight recorder on, whose sampler interrupts threads by a signal, the C heap broke in most runs, and not once with signals held back
 * (docs/lab-log.md). Held back, a signal is delivered when the product is done.
 */
final class SignalShield {
    private static final int SIG_BLOCK = 0;
    private static final int SIG_UNBLOCK = 1;

    /** Bytes of glibc's sigset_t: a bit a signal, from 1. */
    private static final int SET_BYTES = 128;

    /** HUP, INT, USR1, USR2 (HotSpot's suspension), TERM, VTALRM, PROF (profilers): all open in every Java thread otherwise. */
    private static final int[] SIGNALS = {1, 2, 10, 12, 15, 26, 27};

    private final MethodHandle sigmask;
    private final MemorySegment set;

    private SignalShield(MethodHandle sigmask, MemorySegment set) {
        this.sigmask = sigmask;
        this.set = set;
    }

    /** Empty where the platform is not Linux; signals are numbered otherwise there. */
    static Optional<SignalShield> create() {
        if (!System.getProperty("os.name").startsWith("Linux")) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        MethodHandle sigmask = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("pthread_sigmask"),
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
        MemorySegment set = Arena.global().allocate(SET_BYTES, 8);
        for (int signal : SIGNALS) {
            int at = (signal - 1) / 8;
            set.set(JAVA_BYTE, at, (byte) (set.get(JAVA_BYTE, at) | 1 << (signal - 1) % 8));
        }
        return Optional.of(new SignalShield(sigmask, set));
    }

    void raise() {
        call(SIG_BLOCK);
    }

    void lower() {
        call(SIG_UNBLOCK);
    }

    private void call(int how) {
        try {
            int ignored = (int) sigmask.invokeExact(how, set, MemorySegment.NULL);
        } catch (Throwable e) {
            throw new IllegalStateException("pthread_sigmask", e);
        }
    }
}
