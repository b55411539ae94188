package dev.cria.train;

import dev.cria.train.recipe.Recipe;

/**
 * The learning rate of each update, a pure function of its number. Every schedule begins with a linear warm-up: peak · step / warmup for
 * steps below {@code warmup}.
 */
public sealed interface LearningRateSchedule {
    /** The rate of update {@code step}, counted from 1. */
    double at(long step);

    /** The schedule of a recipe over {@code steps} updates. */
    static LearningRateSchedule of(Recipe.Schedule recipe, long steps) {
        double peak = recipe.peak();
        double minimum = recipe.minimum();
        long warmup = recipe.warmup(steps);
        return switch (recipe.kind()) {
            case COSINE -> new Cosine(peak, minimum, warmup, steps);
            case WSD ->
                new WarmupStableDecay(
                        peak, minimum, warmup, recipe.decaySteps().orElse(Math.max(1, steps / 10)), steps);
            case LINEAR -> new Linear(peak, minimum, warmup, steps);
            case CONSTANT -> new Constant(peak, warmup);
        };
    }

    private static double warmingUp(double peak, long warmup, long step) {
        return peak * step / warmup;
    }

    /** How far {@code step} is on the way from {@code from} (0) to {@code to} (1). */
    private static double progress(long step, long from, long to) {
        return to <= from ? 1 : Math.min(1, (double) (step - from) / (to - from));
    }

    /**
     * Half a cosine from the peak, reached at step {@code warmup}, to the minimum at step {@code end} and for ever after (arXiv 1608.03983,
     * without restarts): what TinyLlama trains with.
     */
    record Cosine(double peak, double minimum, long warmup, long end) implements LearningRateSchedule {
        @Override
        public double at(long step) {
            if (step < warmup) {
                return warmingUp(peak, warmup, step);
            }
            double height = 0.5 * (1 + Math.cos(Math.PI * progress(step, warmup, end)));
            return minimum + height * (peak - minimum);
        }
    }

    /**
     * Warm-up, stable, decay (arXiv 2404.06395): the peak is held until {@code decay} steps before the end, then falls in a straight line to
     * the minimum at step {@code end}.
     */
    record WarmupStableDecay(double peak, double minimum, long warmup, long decay, long end)
            implements LearningRateSchedule {
        @Override
        public double at(long step) {
            if (step < warmup) {
                return warmingUp(peak, warmup, step);
            }
            long stableUntil = Math.max(warmup, end - decay);
            return step <= stableUntil ? peak : peak - progress(step, stableUntil, end) * (peak - minimum);
        }
    }

    /** A straight line from the peak at step {@code warmup} to the minimum at step {@code end}. */
    record Linear(double peak, double minimum, long warmup, long end) implements LearningRateSchedule {
        @Override
        public double at(long step) {
            return step < warmup
                    ? warmingUp(peak, warmup, step)
                    : peak - progress(step, warmup, end) * (peak - minimum);
        }
    }

    /** The peak, once warmed up. */
    record Constant(double peak, long warmup) implements LearningRateSchedule {
        @Override
        public double at(long step) {
            return step < warmup ? warmingUp(peak, warmup, step) : peak;
        }
    }
}
