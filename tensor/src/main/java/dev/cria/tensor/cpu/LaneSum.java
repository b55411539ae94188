package dev.cria.tensor.cpu;

import java.util.stream.IntStream;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * The sum of a vector's lanes in one fixed order: halves onto each other. The Vector API leaves the order of {@code reduceLanes(ADD)} open, and
 * HotSpot's compiled code does take another one than its interpreter, so a run's last bits would depend on when a method was compiled.
 */
final class LaneSum {
    private static final VectorShuffle<Float> FLOATS_32 = floats(32);
    private static final VectorShuffle<Float> FLOATS_16 = floats(16);
    private static final VectorShuffle<Float> FLOATS_8 = floats(8);
    private static final VectorShuffle<Float> FLOATS_4 = floats(4);
    private static final VectorShuffle<Float> FLOATS_2 = floats(2);
    private static final VectorShuffle<Float> FLOATS_1 = floats(1);

    private LaneSum() {}

    /** Lane i becomes lane i xor {@code distance}, or stays where there is none. */
    private static VectorShuffle<Float> floats(int distance) {
        return Vectors.SPECIES.shuffleFromOp(i -> distance < Vectors.LANES ? i ^ distance : i);
    }

    static float of(FloatVector v) {
        if (Vectors.LANES > 32) {
            v = v.add(v.rearrange(FLOATS_32));
        }
        if (Vectors.LANES > 16) {
            v = v.add(v.rearrange(FLOATS_16));
        }
        if (Vectors.LANES > 8) {
            v = v.add(v.rearrange(FLOATS_8));
        }
        if (Vectors.LANES > 4) {
            v = v.add(v.rearrange(FLOATS_4));
        }
        if (Vectors.LANES > 2) {
            v = v.add(v.rearrange(FLOATS_2));
        }
        return v.add(v.rearrange(FLOATS_1)).lane(0);
    }

    /** For the few places that sum doubles, once for thousands of elements. */
    static double of(DoubleVector v) {
        double[] lanes = v.toArray();
        return IntStream.range(0, lanes.length).mapToDouble(i -> lanes[i]).reduce(0, Double::sum);
    }
}
