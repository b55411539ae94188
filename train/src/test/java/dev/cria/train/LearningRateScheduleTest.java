package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.train.LearningRateSchedule.Constant;
import dev.cria.train.LearningRateSchedule.Cosine;
import dev.cria.train.LearningRateSchedule.Linear;
import dev.cria.train.LearningRateSchedule.WarmupStableDecay;
import dev.cria.train.recipe.Recipe;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LearningRateScheduleTest {
    @Test
    void cosineIsTinyLlamas() {
        JsonNode golden = JsonMapper.shared().readTree(ReferenceData.require("golden/training/training.json"));
        LearningRateSchedule schedule = new Cosine(
                golden.get("lr_max").doubleValue(),
                golden.get("lr_min").doubleValue(),
                golden.get("warmup").longValue(),
                golden.get("steps").longValue());
        JsonNode rates = golden.get("lr");
        assertThat(rates).hasSize(10);
        for (int step = 1; step <= rates.size(); step++) {
            assertThat(schedule.at(step)).isCloseTo(rates.get(step - 1).doubleValue(), within(1e-15));
        }
    }

    @Test
    void wsdHoldsThenFalls() {
        LearningRateSchedule schedule = new WarmupStableDecay(1, 0.1, 10, 20, 100);
        assertThat(schedule.at(5)).isEqualTo(0.5);
        assertThat(schedule.at(10)).isEqualTo(1);
        assertThat(schedule.at(80)).isEqualTo(1);
        assertThat(schedule.at(90)).isCloseTo(0.55, within(1e-12));
        assertThat(schedule.at(100)).isCloseTo(0.1, within(1e-12));
        assertThat(schedule.at(200)).isCloseTo(0.1, within(1e-12));
    }

    @Test
    void linearAndConstant() {
        assertThat(new Linear(1, 0, 0, 10).at(5)).isCloseTo(0.5, within(1e-12));
        assertThat(new Linear(1, 0.5, 2, 10).at(1)).isEqualTo(0.5);
        assertThat(new Constant(3, 0).at(1)).isEqualTo(3);
        assertThat(new Constant(3, 3).at(1)).isEqualTo(1);
        assertThat(new Constant(3, 3).at(1_000_000_000_000L)).isEqualTo(3);
    }

    @Property
    void staysBetweenZeroAndPeakAndEndsAtTheMinimum(
            @ForAll Recipe.ScheduleKind kind,
            @ForAll @DoubleRange(min = 1e-6, max = 1) @Scale(8) double peak,
            @ForAll @DoubleRange(min = 0, max = 1) double share,
            @ForAll @IntRange(min = 0, max = 50) int warmup,
            @ForAll @IntRange(min = 60, max = 500) int steps) {
        LearningRateSchedule schedule =
                LearningRateSchedule.of(new Recipe.Schedule(kind, peak, share * peak, warmup, Optional.empty()), steps);
        double last = Double.MAX_VALUE;
        for (int step = 1; step <= steps + 5; step++) {
            double rate = schedule.at(step);
            assertThat(rate).isBetween(0.0, peak * (1 + 1e-12));
            if (step > warmup) {
                assertThat(rate).isLessThanOrEqualTo(last);
            }
            last = rate;
        }
        double end = kind == Recipe.ScheduleKind.CONSTANT ? peak : share * peak;
        assertThat(schedule.at(steps)).isCloseTo(end, within(1e-12));
    }
}
