package dev.cria.train;

import dev.cria.data.ValidationWindows;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;

/** The first windows of every dataset's held-out text, each dataset by its weight. */
final class HeldOutWindows implements TrainingSource.HeldOut {
    private record Part(ValidationWindows windows, long count) {}

    private final int microBatch;
    private final int sequenceLength;
    private final List<Part> parts = new ArrayList<>();
    private double bytes;

    /** @param tokens most tokens to measure on; at least one window of each dataset is */
    HeldOutWindows(List<TrainingData.Windows> sets, int microBatch, int sequenceLength, long tokens) {
        this.microBatch = microBatch;
        this.sequenceLength = sequenceLength;
        double weights = sets.stream().mapToDouble(TrainingData.Windows::weight).sum();
        for (TrainingData.Windows each : sets) {
            long wanted = Math.max(1, (long) (tokens * each.weight() / weights / sequenceLength));
            Part part = new Part(each.windows(), Math.min(wanted, each.windows().samplesPerEpoch()));
            parts.add(part);
            bytes += part.count() * sequenceLength * each.bytesPerToken();
        }
    }

    @Override
    public double bytes() {
        return bytes;
    }

    @Override
    public Iterator<MicroBatch> iterator() {
        return parts.stream()
                .<MicroBatch>flatMap(part -> LongStream.iterate(
                                0, first -> first < part.count(), first -> first + microBatch)
                        .mapToObj(first -> {
                            int count = (int) Math.min(microBatch, part.count() - first);
                            return new MicroBatch.Tokens(
                                    BatchLoader.batch(part.windows(), first, count, sequenceLength));
                        }))
                .iterator();
    }
}
