package dev.cria.train;

import java.util.ArrayList;
import java.util.List;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Turns the first SIGTERM or SIGINT into a flag that the loop looks at between steps; the second ends the process at once, which is safe at
 * any instant. A shutdown hook would not do: the JVM takes no second signal while hooks run.
 */
final class StopSignal implements AutoCloseable {
    private static final int SIGNAL_EXIT = 128;

    private record Previous(Signal signal, SignalHandler handler) {}

    private final List<Previous> previous = new ArrayList<>();
    private volatile boolean requested;

    private StopSignal() {}

    /** Listens until {@link #close}; where the platform does not let us, the flag never rises. */
    static StopSignal listen(boolean handleSignals) {
        StopSignal stop = new StopSignal();
        if (handleSignals) {
            stop.take("TERM");
            stop.take("INT");
        }
        return stop;
    }

    private void take(String name) {
        Signal signal = new Signal(name);
        try {
            previous.add(new Previous(signal, Signal.handle(signal, this::handle)));
        } catch (IllegalArgumentException ignored) {
            // The JVM was told to leave the signal alone (-Xrs): it then ends the process, as it would without us.
        }
    }

    private void handle(Signal signal) {
        if (requested) {
            Runtime.getRuntime().halt(SIGNAL_EXIT + signal.getNumber());
        }
        requested = true;
    }

    boolean isRequested() {
        return requested;
    }

    @Override
    public void close() {
        previous.forEach(each -> Signal.handle(each.signal(), each.handler()));
    }
}
