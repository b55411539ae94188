package dev.cria.cli.terminal;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The launcher leads stderr through a small process that drops the JVM's note about the Vector API (see {@code ./cria}). Short commands
 * wait for it at their end, so that nothing appears after the prompt. Commands that use native code anyway take their stderr back at the
 * start, so that what they say on both streams appears in order.
 */
public final class StderrFilter {
    private static final String PID = "CRIA_STDERR_FILTER";
    private static final String SAVED = "CRIA_STDERR_SAVED";
    private static final int STDERR = 2;

    private StderrFilter() {}

    /** Makes file descriptor 2 the stderr that the launcher was given; without the launcher, or where that fails, all stays as it is. */
    public static void bypass(Map<String, String> environment) {
        String saved = environment.getOrDefault(SAVED, "");
        if (!saved.matches("[0-9]{1,4}")) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        linker.defaultLookup().find("dup2").ifPresent(address -> {
            MethodHandle dup2 = linker.downcallHandle(
                    address, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            duplicate(dup2, Integer.parseInt(saved));
        });
    }

    private static void duplicate(MethodHandle dup2, int saved) {
        try {
            int result = (int) dup2.invokeExact(saved, STDERR);
            if (result != STDERR) {
                return; // stderr goes on through the filter
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // a downcall throws nothing
        }
    }

    /** Ends stderr and waits, a second at most, until the filter has passed on the last line. */
    public static void await(Console console, Map<String, String> environment) {
        String pid = environment.getOrDefault(PID, "");
        if (!pid.matches("[0-9]{1,9}")) {
            return;
        }
        Optional<ProcessHandle> filter = ProcessHandle.of(Long.parseLong(pid));
        console.err().close();
        if (filter.isEmpty()) {
            return;
        }
        try {
            filter.get().onExit().get(1, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return; // the filter's business; our part is done
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
