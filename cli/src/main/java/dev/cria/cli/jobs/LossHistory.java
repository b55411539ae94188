package dev.cria.cli.jobs;

import java.util.ArrayList;
import java.util.List;

/** The losses of a run for a small picture of them: where there are too many, neighbours are merged, so that memory stays bounded. */
final class LossHistory {
    private static final int MOST = 2048;

    private final List<Double> losses = new ArrayList<>();
    private int stepsEach = 1;
    private double sum;
    private int pending;

    void add(double loss) {
        if (!Double.isFinite(loss)) {
            return;
        }
        sum += loss;
        if (++pending == stepsEach) {
            losses.add(sum / pending);
            sum = 0;
            pending = 0;
        }
        if (losses.size() == MOST) {
            halve();
        }
    }

    private void halve() {
        for (int i = 0; i < MOST / 2; i++) {
            losses.set(i, (losses.get(2 * i) + losses.get(2 * i + 1)) / 2);
        }
        losses.subList(MOST / 2, MOST).clear();
        stepsEach *= 2;
    }

    List<Double> losses() {
        return losses;
    }
}
