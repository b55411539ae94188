package dev.cria.train;

import dev.cria.train.recipe.Recipe;
import dev.cria.train.recipe.Recipe.Policy;
import java.util.Locale;
import java.util.Optional;

/**
 * A step that must not be trained on as it is.
 *
 * @param word {@code nan} or {@code spike}
 * @param sentence step and numbers
 * @param policy what the recipe wants done
 */
record Trouble(String word, String sentence, Policy policy) {
    /** Looks at a step before its update is made. */
    static Optional<Trouble> find(long step, double loss, double norm, SpikeWatch watch, Recipe.Safety safety) {
        if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
            return Optional.of(new Trouble(
                    "nan",
                    String.format(
                            Locale.ROOT, "step %d: loss %s and gradient norm %s are not both finite", step, loss, norm),
                    safety.onNan()));
        }
        if (watch.isSpike(loss)) {
            return Optional.of(new Trouble(
                    "spike",
                    String.format(
                            Locale.ROOT,
                            "step %d: loss %.4f is a spike over the median %.4f of the last steps",
                            step,
                            loss,
                            watch.median()),
                    safety.onSpike()));
        }
        return Optional.empty();
    }
}
