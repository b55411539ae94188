package dev.cria.model.hub;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the rest of a file in parts, several at once. The bytes of the foremost part go to the disk as they arrive; those of the others
 * wait in memory for their turn, a window of as many parts as there are connections.
 */
final class PartWindow {
    private static final int CHUNK = 128 << 10;

    private final HubFile file;
    private final FileSource source;
    private final TransferOptions options;
    private final LongConsumer progress;
    private final Consumer<String> notices;
    private final Semaphore slots;
    private final Deque<Part> waiting = new ArrayDeque<>();
    private volatile @Nullable Throwable failure;

    PartWindow(
            HubFile file, FileSource source, TransferOptions options, LongConsumer progress, Consumer<String> notices) {
        this.file = file;
        this.source = source;
        this.options = options;
        this.progress = progress;
        this.notices = notices;
        this.slots = new Semaphore(options.connections());
    }

    /** A run of bytes on its way; guarded by the window. */
    private static final class Part {
        private final long start;
        private final byte[] bytes;
        private int arrived;
        private int written;

        Part(long start, int length) {
            this.start = start;
            this.bytes = new byte[length];
        }
    }

    /**
     * Appends to {@code blob} until it is complete.
     *
     * @throws ContentChangedException if the file must be begun again
     * @throws dev.cria.base.UserError if a part cannot be had
     */
    void fill(IncompleteBlob blob) throws IOException, InterruptedException {
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        boolean done = false;
        try {
            long end = file.size();
            for (long start = blob.length(); start < end && failure == null; start += options.partBytes()) {
                slots.acquire();
                Part part = new Part(start, (int) Math.min(options.partBytes(), end - start));
                synchronized (waiting) {
                    waiting.add(part);
                }
                threads.execute(() -> fetch(part, blob));
            }
            slots.acquire(options.connections()); // all are written, or one has failed
            done = failure == null;
        } finally {
            if (!done) {
                threads.shutdownNow();
            }
            threads.close();
        }
        rethrow();
    }

    private void fetch(Part part, IncompleteBlob blob) {
        try {
            Backoff backoff = new Backoff(options, "'" + file.path() + "'", notices);
            while (part.arrived < part.bytes.length) {
                try {
                    fetchRest(part, blob);
                } catch (ContentChangedException e) {
                    throw e;
                } catch (IOException e) {
                    if (failure != null) {
                        return;
                    }
                    backoff.failed(e, part.arrived);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            fail(e);
        }
    }

    private void fetchRest(Part part, IncompleteBlob blob) throws IOException, InterruptedException {
        long from = part.start + part.arrived;
        long end = part.start + part.bytes.length;
        try (FileSource.Bytes bytes = source.range(from, end)) {
            if (bytes.whole()) {
                throw new ContentChangedException("the server no longer gives parts of the file");
            }
            while (part.arrived < part.bytes.length) {
                int wanted = Math.min(CHUNK, part.bytes.length - part.arrived);
                int n = bytes.in().read(part.bytes, part.arrived, wanted);
                if (n < 0) {
                    throw new RetryableException("the connection ended early");
                }
                arrived(part, n, blob);
            }
        }
    }

    /** Takes note of bytes, and writes all that is in order. */
    private void arrived(Part part, int n, IncompleteBlob blob) {
        synchronized (waiting) {
            part.arrived += n;
            progress.accept(n);
            while (!waiting.isEmpty()) {
                Part first = waiting.getFirst();
                blob.append(first.bytes, first.written, first.arrived - first.written);
                first.written = first.arrived;
                if (first.written < first.bytes.length) {
                    return;
                }
                waiting.removeFirst();
                slots.release();
            }
        }
    }

    private synchronized void fail(Throwable e) {
        if (failure == null) {
            failure = e;
        }
        slots.release(2 * options.connections()); // whoever waits need wait no more
    }

    private void rethrow() throws IOException {
        Throwable thrown = failure;
        if (thrown == null) {
            return;
        }
        // What waited for its turn is lost.
        synchronized (waiting) {
            waiting.forEach(part -> progress.accept(part.written - part.arrived));
        }
        switch (thrown) {
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(thrown);
        }
    }
}
