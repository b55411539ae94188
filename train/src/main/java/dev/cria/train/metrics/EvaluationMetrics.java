package dev.cria.train.metrics;

import java.util.List;
import java.util.OptionalDouble;

/**
 * Scores of benchmark tasks after an update.
 *
 * @param step updates done before the measurement
 * @param scores in the order of tables
 * @param seconds time it took
 * @param time when it ended: seconds since 1970
 */
public record EvaluationMetrics(long step, List<Score> scores, double seconds, double time) {
    /**
     * One score.
     *
     * @param name task and metric, such as {@code arc_easy/acc_norm}
     * @param value from 0 to 1 for shares
     * @param main whether it is the one of its task that curves show
     */
    public record Score(String name, double value, OptionalDouble standardError, boolean main) {}

    public EvaluationMetrics {
        scores = List.copyOf(scores);
    }

    /** The scores that stand for their tasks. */
    public List<Score> main() {
        return scores.stream().filter(Score::main).toList();
    }
}
