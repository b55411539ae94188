package dev.cria.tensor.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A small fixed pool for kernels. A job is a number of pieces that its shape alone decides; the caller and the workers take them from one
 * counter, so who runs a piece varies and what it computes does not. Between kernels that follow each other the workers spin, after that
 * they sleep. A job waits for its pieces only, never for a worker that took none.
 */
final class WorkerPool implements AutoCloseable {
    /** Looks at the next job before sleeping, about 0.1 ms: longer than the gap between two kernels. */
    private static final int SPINS = 2000;

    /** A part of a job. */
    @FunctionalInterface
    interface Piece {
        /** @param index 0 to the number of pieces, less one */
        void run(int index);
    }

    private final Worker[] workers;
    private final ReentrantLock oneJobAtATime = new ReentrantLock();
    private volatile @Nullable Job current;
    private volatile boolean closed;

    /** @param threads threads that work, the caller's included */
    WorkerPool(int threads) {
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker("cria-cpu-" + (i + 1));
        }
        for (Worker worker : workers) {
            worker.start();
        }
    }

    /** Threads that work, the caller's included. */
    int threads() {
        return workers.length + 1;
    }

    /**
     * Runs pieces 0 to {@code pieces} − 1, each once, and returns when all are done. Callers on several threads take turns. A
     * job that a piece starts runs on that piece's thread alone.
     *
     * @throws RuntimeException or an error: the first that a piece threw, after which pieces not yet begun are left out
     */
    void run(int pieces, Piece piece) {
        if (closed) {
            throw new IllegalStateException("the device was closed");
        }
        if (workers.length == 0 || pieces <= 1 || isInPiece()) {
            for (int i = 0; i < pieces; i++) {
                piece.run(i);
            }
            return;
        }
        oneJobAtATime.lock();
        try {
            Job job = new Job(pieces, piece, Thread.currentThread());
            current = job;
            int wanted = Math.min(workers.length, pieces - 1);
            for (int i = 0; i < wanted; i++) {
                workers[i].wake();
            }
            job.work();
            job.await();
            current = null;
            job.rethrow();
        } finally {
            oneJobAtATime.unlock();
        }
    }

    /** Whether the calling thread works at a piece: as a worker, or as the caller of the job at hand. */
    private boolean isInPiece() {
        return oneJobAtATime.isHeldByCurrentThread()
                || Thread.currentThread() instanceof Worker worker && worker.isOf(this);
    }

    /** Ends the workers; safe to call twice. */
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
            try {
                worker.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Job {
        private final int pieces;
        private final Piece piece;
        private final Thread caller;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private volatile @Nullable Throwable failure;
        private volatile boolean callerSleeps;

        Job(int pieces, Piece piece, Thread caller) {
            this.pieces = pieces;
            this.piece = piece;
            this.caller = caller;
        }

        /** Takes pieces until none is left. */
        void work() {
            for (int i = next.getAndIncrement(); i < pieces; i = next.getAndIncrement()) {
                if (failure == null) {
                    try {
                        piece.run(i);
                    } catch (Throwable e) {
                        failure = e;
                    }
                }
                if (done.incrementAndGet() == pieces && callerSleeps) {
                    LockSupport.unpark(caller);
                }
            }
        }

        void await() {
            for (int spin = 0; done.get() < pieces; spin++) {
                if (spin < SPINS) {
                    Thread.onSpinWait();
                } else {
                    callerSleeps = true;
                    if (done.get() < pieces) {
                        LockSupport.park(this);
                    }
                }
            }
        }

        void rethrow() {
            switch (failure) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case Throwable e -> throw new IllegalStateException(e);
            }
        }
    }

    private final class Worker extends Thread {
        private volatile boolean sleeps;

        Worker(String name) {
            super(name);
            setDaemon(true);
        }

        boolean isOf(WorkerPool pool) {
            return pool == WorkerPool.this;
        }

        void wake() {
            if (sleeps) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            Job last = null;
            int spin = 0;
            while (!closed) {
                Job job = current;
                if (job != null && job != last) {
                    job.work();
                    last = job;
                    spin = 0;
                } else if (spin++ < SPINS) {
                    Thread.onSpinWait();
                } else {
                    // Announced before the second look, so that a job published in between is seen here or wakes this
                    // thread.
                    sleeps = true;
                    job = current;
                    if ((job == null || job == last) && !closed) {
                        last = null;
                        LockSupport.park(WorkerPool.this);
                    }
                    sleeps = false;
                    spin = 0;
                }
            }
        }
    }
}
