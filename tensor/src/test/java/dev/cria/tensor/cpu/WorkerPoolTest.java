package dev.cria.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkerPoolTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void runsEveryPieceOnce(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            assertThat(pool.threads()).isEqualTo(threads);
            for (int pieces = 0; pieces < 300; pieces++) {
                AtomicIntegerArray runs = new AtomicIntegerArray(pieces);
                pool.run(pieces, runs::incrementAndGet);
                for (int i = 0; i < pieces; i++) {
                    assertThat(runs.get(i)).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void wakesWorkersThatSleep() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(3)) {
            LongAdder done = new LongAdder();
            for (int round = 0; round < 20; round++) {
                Thread.sleep(round);
                pool.run(9, piece -> done.increment());
            }
            assertThat(done.sum()).isEqualTo(180);
        }
    }

    @Test
    void aJobThatAPieceStartsRunsOnItsThread() {
        try (WorkerPool pool = new WorkerPool(3)) {
            LongAdder done = new LongAdder();
            for (int round = 0; round < 100; round++) {
                pool.run(7, outer -> {
                    Thread own = Thread.currentThread();
                    pool.run(5, inner -> {
                        assertThat(Thread.currentThread()).isSameAs(own);
                        done.increment();
                    });
                });
            }
            assertThat(done.sum()).isEqualTo(3500);
        }
    }

    @Test
    void passesOnWhatAPieceThrows() {
        try (WorkerPool pool = new WorkerPool(3)) {
            for (int round = 0; round < 100; round++) {
                assertThatThrownBy(() -> pool.run(20, piece -> {
                            if (piece == 13) {
                                throw new IndexOutOfBoundsException("thirteen");
                            }
                        }))
                        .isInstanceOf(IndexOutOfBoundsException.class)
                        .hasMessage("thirteen");
            }
            assertThatThrownBy(() -> pool.run(20, piece -> {
                        throw new AssertionError("all");
                    }))
                    .isInstanceOf(AssertionError.class);
            LongAdder done = new LongAdder();
            pool.run(50, piece -> done.increment());
            assertThat(done.sum()).isEqualTo(50);
        }
    }

    @Test
    void callersTakeTurns() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(2)) {
            LongAdder done = new LongAdder();
            Thread[] callers = new Thread[4];
            for (int i = 0; i < callers.length; i++) {
                callers[i] = Thread.ofPlatform().start(() -> {
                    for (int round = 0; round < 200; round++) {
                        pool.run(7, piece -> done.increment());
                    }
                });
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(done.sum()).isEqualTo(4 * 200 * 7);
        }
    }

    @Test
    void endsItsThreadsAndRefusesWorkAfterwards() {
        WorkerPool pool = new WorkerPool(4);
        pool.run(4, piece -> {});
        pool.close();
        pool.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> thread.getName().startsWith("cria-cpu-"))
                .filteredOn(Thread::isAlive)
                .allMatch(Thread::isDaemon);
        assertThatThrownBy(() -> pool.run(1, piece -> {})).isInstanceOf(IllegalStateException.class);
    }
}
