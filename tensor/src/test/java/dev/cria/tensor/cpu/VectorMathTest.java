package dev.cria.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.junit.jupiter.api.Test;

class VectorMathTest {
    private static float exp(float x) {
        return VectorMath.exp(Vectors.splat(x)).lane(Vectors.LANES - 1);
    }

    @Test
    void expIsRightToOneAndAHalfTenMillionths() {
        double worst = 0;
        for (int i = -873_000; i <= 883_000; i += 7) {
            float x = i / 10_000f;
            double expected = StrictMath.exp(x);
            worst = Math.max(worst, Math.abs(exp(x) - expected) / expected);
        }
        for (float x = 1e-20f; x < 1; x *= 1.7f) {
            worst = Math.max(worst, Math.abs(exp(x) - StrictMath.exp(x)) / StrictMath.exp(x));
            worst = Math.max(worst, Math.abs(exp(-x) - StrictMath.exp(-x)) / StrictMath.exp(-x));
        }
        assertThat(worst).isLessThan(1.5e-7);
    }

    @Test
    void expKeepsItsEnds() {
        assertThat(exp(0)).isEqualTo(1);
        assertThat(exp(-0f)).isEqualTo(1);
        assertThat(exp(Float.NEGATIVE_INFINITY)).isZero();
        assertThat(exp(-Float.MAX_VALUE)).isZero();
        assertThat(exp(-88)).isZero();
        assertThat(exp(-104)).isZero();
        assertThat(exp(VectorMath.LEAST)).isPositive();
        assertThat(exp(VectorMath.GREATEST)).isFinite();
        assertThat(exp(89)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(exp(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(exp(Float.NaN)).isNaN();
    }

    /** Compiled code and the interpreter add in the same order, so a run's bits do not depend on when a method is compiled. */
    @Test
    void laneSumsDoNotChangeWhenCompiled() {
        float[] values = new float[Vectors.LANES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i * 37 + 1) * (i % 3 == 0 ? 1e4f : 1);
        }
        FloatVector floats = FloatVector.fromArray(Vectors.SPECIES, values, 0);
        VectorSpecies<Double> wide = VectorSpecies.of(double.class, Vectors.SPECIES.vectorShape());
        DoubleVector doubles = DoubleVector.broadcast(wide, 0.1).add((DoubleVector) floats.castShape(wide, 0));
        float first = LaneSum.of(floats);
        double firstDouble = LaneSum.of(doubles);
        for (int i = 0; i < 200_000; i++) {
            if (LaneSum.of(floats) != first || LaneSum.of(doubles) != firstDouble) {
                throw new AssertionError("changed at call " + i);
            }
        }
        double exact = 0;
        for (float value : values) {
            exact += value;
        }
        assertThat((double) first).isCloseTo(exact, org.assertj.core.data.Offset.offset(0.02));
    }
}
