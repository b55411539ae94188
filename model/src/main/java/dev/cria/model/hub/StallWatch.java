package dev.cria.model.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Ends reads from servers that have gone silent without closing the connection: the JDK's timeout ends with the headers. */
final class StallWatch implements AutoCloseable {
    private final Set<Guarded> reading = ConcurrentHashMap.newKeySet();
    private final long limitNanos;
    private final Thread thread;

    StallWatch(Duration limit) {
        this.limitNanos = limit.toNanos();
        this.thread = Thread.ofPlatform().daemon().name("stall-watch").start(this::watch);
    }

    InputStream guard(InputStream in) {
        return new Guarded(in);
    }

    private void watch() {
        try {
            while (true) {
                Thread.sleep(Duration.ofNanos(limitNanos / 4 + 1));
                long now = System.nanoTime();
                for (Guarded stream : reading) {
                    if (now - stream.startedNanos > limitNanos) {
                        stream.giveUp();
                    }
                }
            }
        } catch (InterruptedException e) {
            return; // closed
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    /** A stream each of whose reads is timed. */
    private final class Guarded extends FilterInputStream {
        private volatile long startedNanos;
        private volatile boolean stalled;

        Guarded(InputStream in) {
            super(in);
        }

        void giveUp() {
            stalled = true;
            try {
                in.close();
            } catch (IOException e) {
                return; // the reader finds it closed, one way or the other
            }
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            startedNanos = System.nanoTime();
            reading.add(this);
            int n;
            try {
                n = super.read(to, offset, length);
            } catch (IOException e) {
                throw stalled ? silent() : e;
            } finally {
                reading.remove(this);
            }
            if (stalled) {
                throw silent();
            }
            return n;
        }

        private RetryableException silent() {
            return new RetryableException("the server sent nothing for " + limitNanos / 1_000_000 / 1e3 + " s");
        }
    }
}
