package dev.cria.train;

import dev.cria.data.SampleSource;
import dev.cria.model.Batch;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** The micro-batches of each step. While a step is trained, a thread of its own reads the next one's. */
final class BatchLoader implements AutoCloseable {
    private final Timeline timeline;
    private final TrainingSource data;
    private final int microBatch;
    private final ExecutorService reader = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "cria-batch-loader");
        thread.setDaemon(true);
        return thread;
    });
    private @Nullable Future<List<MicroBatch>> ahead;
    private long aheadStep = -1;

    BatchLoader(Timeline timeline, TrainingSource data, int microBatch) {
        this.timeline = timeline;
        this.data = data;
        this.microBatch = microBatch;
    }

    /**
     * The micro-batches of a step, from 1.
     *
     * @throws dev.cria.base.UserError if a shard turns out to be damaged
     */
    List<MicroBatch> take(long step) throws InterruptedException {
        Future<List<MicroBatch>> now = ahead;
        if (now == null || aheadStep != step) {
            now = reader.submit(() -> read(step));
        }
        if (step < timeline.steps()) {
            aheadStep = step + 1;
            ahead = reader.submit(() -> read(step + 1));
        }
        try {
            return now.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("step " + step + " could not be read", e.getCause());
        }
    }

    /** A pure function of the step. */
    List<MicroBatch> read(long step) {
        return data.read(timeline, step, microBatch);
    }

    /** {@code count} samples from {@code first} on: inputs are their first T tokens, targets their last. */
    static Batch batch(SampleSource source, long first, int count, int sequenceLength) {
        int[] sample = new int[sequenceLength + 1];
        int[] inputs = new int[count * sequenceLength];
        int[] targets = new int[count * sequenceLength];
        for (int i = 0; i < count; i++) {
            source.read(first + i, sample, 0);
            System.arraycopy(sample, 0, inputs, i * sequenceLength, sequenceLength);
            System.arraycopy(sample, 1, targets, i * sequenceLength, sequenceLength);
        }
        return Batch.of(count, sequenceLength, inputs, targets);
    }

    @Override
    public void close() {
        reader.shutdownNow();
    }
}
