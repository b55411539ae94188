package dev.cria.train.checkpoint;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the held-out losses of a run have been so far: the best, and how long ago that was. A pure function of the measurements; a loss that is
 * no number is a measurement without improvement, and never the best.
 *
 * @param measured step of the newest measurement; 0 before the first
 * @param withoutImprovement measurements since the best; all of them where there is no best
 * @param bestStep step of the lowest loss, the earliest of equal ones; 0 for none
 * @param bestLoss that loss; infinite for none
 */
public record ValidationTrack(long measured, int withoutImprovement, long bestStep, double bestLoss) {
    /** Nothing was measured. */
    public static final ValidationTrack NONE = new ValidationTrack(0, 0, 0, Double.POSITIVE_INFINITY);

    private static final String KEY = "validation";

    /** The same after one more measurement; a step that is in it already changes nothing. */
    public ValidationTrack after(long step, double loss) {
        if (step <= measured) {
            return this;
        }
        return loss < bestLoss && Double.isFinite(loss)
                ? new ValidationTrack(step, 0, step, loss)
                : new ValidationTrack(step, withoutImprovement + 1, bestStep, bestLoss);
    }

    /** Whether there is a best measurement. */
    public boolean hasBest() {
        return bestStep > 0;
    }

    /** The same measurements, their best forgotten. */
    public ValidationTrack withoutBest() {
        return new ValidationTrack(measured, withoutImprovement, 0, Double.POSITIVE_INFINITY);
    }

    /** Adds itself to {@code trainer.json}, where anything was measured. */
    void writeTo(ObjectNode trainer) {
        if (measured == 0) {
            return;
        }
        ObjectNode json =
                trainer.putObject(KEY).put("measured_step", measured).put("without_improvement", withoutImprovement);
        if (hasBest()) {
            json.put("best_step", bestStep).put("best_loss", bestLoss);
        }
    }

    /** What {@link #writeTo} wrote; nothing measured where a file of an earlier version has no such part. */
    static ValidationTrack of(ObjectNode trainer) {
        JsonNode json = trainer.path(KEY);
        return new ValidationTrack(
                json.path("measured_step").asLong(0),
                json.path("without_improvement").asInt(0),
                json.path("best_step").asLong(0),
                json.path("best_loss").asDouble(Double.POSITIVE_INFINITY));
    }
}
