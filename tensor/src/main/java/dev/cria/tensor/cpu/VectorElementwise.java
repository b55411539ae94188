package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.splat;
import static dev.cria.tensor.cpu.Vectors.store;

import dev.cria.tensor.AdamWFactors;
import dev.cria.tensor.AdamWStep;
import jdk.incubator.vector.FloatVector;

/** Element-wise operations over {@code count} floats; what is left after whole vectors goes through the scalar twins. */
final class VectorElementwise {
    private VectorElementwise() {}

    /** y = a + b; y may be a. */
    static void add(long y, long a, long b, long count) {
        long whole = Vectors.wholeBytes(count);
        for (long i = 0; i < whole; i += BYTES) {
            store(load(a + i).add(load(b + i)), y + i);
        }
        ScalarElementwise.add(y + whole, a + whole, b + whole, count - whole / Float.BYTES);
    }

    static void scale(long x, float factor, long count) {
        long whole = Vectors.wholeBytes(count);
        FloatVector by = splat(factor);
        for (long i = 0; i < whole; i += BYTES) {
            store(load(x + i).mul(by), x + i);
        }
        ScalarElementwise.scale(x + whole, factor, count - whole / Float.BYTES);
    }

    static void fill(long x, float value, long count) {
        long whole = Vectors.wholeBytes(count);
        FloatVector values = splat(value);
        for (long i = 0; i < whole; i += BYTES) {
            store(values, x + i);
        }
        ScalarElementwise.fill(x + whole, value, count - whole / Float.BYTES);
    }

    /** One pass over all four arrays; see {@link dev.cria.tensor.Kernels#adamW}. */
    static void adamW(
            long parameters, long gradients, long firstMoment, long secondMoment, AdamWStep step, long count) {
        AdamWFactors factors = AdamWFactors.of(step);
        FloatVector gradientScale = splat(step.gradientScale());
        FloatVector beta1 = splat(step.beta1());
        FloatVector beta2 = splat(step.beta2());
        FloatVector newGradient = splat(factors.newGradient());
        FloatVector newSquare = splat(factors.newSquare());
        FloatVector inverseRoot = splat(factors.inverseRootCorrection());
        FloatVector epsilon = splat(step.epsilon());
        FloatVector stepSize = splat(-factors.stepSize());
        FloatVector decay = splat(factors.decay());
        long whole = Vectors.wholeBytes(count);
        for (long i = 0; i < whole; i += BYTES) {
            FloatVector g = load(gradients + i).mul(gradientScale);
            FloatVector m = load(firstMoment + i).mul(beta1).add(g.mul(newGradient));
            FloatVector v = load(secondMoment + i).mul(beta2).add(g.mul(g).mul(newSquare));
            FloatVector denominator = v.sqrt().mul(inverseRoot).add(epsilon);
            FloatVector decayed = load(parameters + i).mul(decay);
            store(m, firstMoment + i);
            store(v, secondMoment + i);
            store(m.div(denominator).mul(stepSize).add(decayed), parameters + i);
        }
        ScalarElementwise.adamW(
                parameters + whole,
                gradients + whole,
                firstMoment + whole,
                secondMoment + whole,
                step,
                count - whole / Float.BYTES);
    }
}
