package dev.cria.model;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * Walks at the same time, one for each of the device's threads: a walk is many small kernels, which lose less on a thread each than on all of
 * them. Each session has memory of its own, so there are no more than fit into a few gigabytes. Not thread-safe.
 */
public final class TreeSessions implements AutoCloseable {
    private static final long MOST_BYTES = 4L << 30;

    private final LlamaModel model;
    private final SessionOptions options;
    private final int atOnce;
    private final ConcurrentLinkedDeque<TreeSession> idle = new ConcurrentLinkedDeque<>();
    private final List<TreeSession> all = new ArrayList<>();

    /** A part of some work. */
    @FunctionalInterface
    public interface Part {
        /** @param index of the part; parts run in any order, several at once, each with a session that no other has meanwhile */
        void run(int index, TreeSession session);
    }

    TreeSessions(LlamaModel model, SessionOptions options) {
        this.model = model;
        this.options = options;
        long most = MOST_BYTES / TreeSession.bytes(model.config(), options);
        this.atOnce = (int) Math.clamp(most, 1, model.device().tasksAtOnce());
        release(create());
    }

    /** Walks that may go on at the same time. */
    public int atOnce() {
        return atOnce;
    }

    /** Most tokens of a sequence. */
    public int contextLength() {
        return options.contextLength();
    }

    /** Runs parts 0 to {@code count} − 1; a single one has all of the device's threads. */
    public void run(int count, Part part) {
        if (count == 1 || atOnce == 1) {
            for (int i = 0; i < count; i++) {
                runOn(i, part);
            }
            return;
        }
        model.device().runAtOnce(count, i -> runOn(i, part));
    }

    private void runOn(int index, Part part) {
        @Nullable TreeSession free = idle.pollFirst();
        TreeSession session = free == null ? create() : free;
        try {
            part.run(index, session);
        } finally {
            release(session);
        }
    }

    private TreeSession create() {
        TreeSession session = new TreeSession(model, options);
        synchronized (all) {
            all.add(session);
        }
        return session;
    }

    private void release(TreeSession session) {
        idle.addFirst(session);
    }

    @Override
    public void close() {
        all.forEach(TreeSession::close);
        all.clear();
        idle.clear();
    }
}
