package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;

/** {@link VectorTile6x2} for a right edge of one vector at most, as head sizes of 48 and 80 leave: the right half is not computed. */
final class VectorTile6x1 {
    private VectorTile6x1() {}

    /** The left vectors of {@code to} as in {@link VectorTile6x2#multiply}; the right ones are left as they are. */
    static void multiply(int k, float[] a, int i, float[] b, int j, float[] to) {
        FloatVector l0 = FloatVector.zero(SPECIES);
        FloatVector l1 = FloatVector.zero(SPECIES);
        FloatVector l2 = FloatVector.zero(SPECIES);
        FloatVector l3 = FloatVector.zero(SPECIES);
        FloatVector l4 = FloatVector.zero(SPECIES);
        FloatVector l5 = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector l = fromArray(SPECIES, b, j);
            l0 = broadcast(SPECIES, a[i]).fma(l, l0);
            l1 = broadcast(SPECIES, a[i + 1]).fma(l, l1);
            l2 = broadcast(SPECIES, a[i + 2]).fma(l, l2);
            l3 = broadcast(SPECIES, a[i + 3]).fma(l, l3);
            l4 = broadcast(SPECIES, a[i + 4]).fma(l, l4);
            l5 = broadcast(SPECIES, a[i + 5]).fma(l, l5);
            i += 6;
            j += 2 * LANES;
        }
        l0.intoArray(to, 0);
        l1.intoArray(to, 2 * LANES);
        l2.intoArray(to, 4 * LANES);
        l3.intoArray(to, 6 * LANES);
        l4.intoArray(to, 8 * LANES);
        l5.intoArray(to, 10 * LANES);
    }
}
