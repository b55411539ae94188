package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost product: 6 rows by two vectors stay in registers while k runs. With 16 vector registers: 12 sums, two of B, one of A.
 *
 * <p>Written out, because C2 keeps named vectors in registers and an array of them in memory. The operands are Java arrays, because access
 * to native memory expands to so much code here that C2 gives up inlining.
 */
final class VectorTile6x2 {
    static final int ROWS = 6;

    private VectorTile6x2() {}

    /**
     * to = A·B.
     *
     * @param a k columns of 6 floats from index i
     * @param b k rows of two vectors from index j
     * @param to 6 rows of two vectors
     */
    static void multiply(int k, float[] a, int i, float[] b, int j, float[] to) {
        FloatVector l0 = FloatVector.zero(SPECIES);
        FloatVector r0 = FloatVector.zero(SPECIES);
        FloatVector l1 = FloatVector.zero(SPECIES);
        FloatVector r1 = FloatVector.zero(SPECIES);
        FloatVector l2 = FloatVector.zero(SPECIES);
        FloatVector r2 = FloatVector.zero(SPECIES);
        FloatVector l3 = FloatVector.zero(SPECIES);
        FloatVector r3 = FloatVector.zero(SPECIES);
        FloatVector l4 = FloatVector.zero(SPECIES);
        FloatVector r4 = FloatVector.zero(SPECIES);
        FloatVector l5 = FloatVector.zero(SPECIES);
        FloatVector r5 = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            FloatVector l = fromArray(SPECIES, b, j);
            FloatVector r = fromArray(SPECIES, b, j + LANES);
            FloatVector a0 = broadcast(SPECIES, a[i]);
            l0 = a0.fma(l, l0);
            r0 = a0.fma(r, r0);
            FloatVector a1 = broadcast(SPECIES, a[i + 1]);
            l1 = a1.fma(l, l1);
            r1 = a1.fma(r, r1);
            FloatVector a2 = broadcast(SPECIES, a[i + 2]);
            l2 = a2.fma(l, l2);
            r2 = a2.fma(r, r2);
            FloatVector a3 = broadcast(SPECIES, a[i + 3]);
            l3 = a3.fma(l, l3);
            r3 = a3.fma(r, r3);
            FloatVector a4 = broadcast(SPECIES, a[i + 4]);
            l4 = a4.fma(l, l4);
            r4 = a4.fma(r, r4);
            FloatVector a5 = broadcast(SPECIES, a[i + 5]);
            l5 = a5.fma(l, l5);
            r5 = a5.fma(r, r5);
            i += 6;
            j += 2 * LANES;
        }
        l0.intoArray(to, 0);
        r0.intoArray(to, LANES);
        l1.intoArray(to, 2 * LANES);
        r1.intoArray(to, 3 * LANES);
        l2.intoArray(to, 4 * LANES);
        r2.intoArray(to, 5 * LANES);
        l3.intoArray(to, 6 * LANES);
        r3.intoArray(to, 7 * LANES);
        l4.intoArray(to, 8 * LANES);
        r4.intoArray(to, 9 * LANES);
        l5.intoArray(to, 10 * LANES);
        r5.intoArray(to, 11 * LANES);
    }
}
