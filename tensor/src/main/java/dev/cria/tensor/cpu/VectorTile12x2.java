package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost product: 12 rows by two vectors stay in registers while k runs. With 32 vector registers: 24 sums, two of B, one of A.
 *
 * <p>Written out, because C2 keeps named vectors in registers and an array of them in memory. The operands are Java arrays, because access
 * to native memory expands to so much code here that C2 gives up inlining.
 */
final class VectorTile12x2 {
    static final int ROWS = 12;

    private VectorTile12x2() {}

    /**
     * to = A·B.
     *
     * @param a k columns of 12 floats from index i
     * @param b k rows of two vectors from index j
     * @param to 12 rows of two vectors
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
        FloatVector l6 = FloatVector.zero(SPECIES);
        FloatVector r6 = FloatVector.zero(SPECIES);
        FloatVector l7 = FloatVector.zero(SPECIES);
        FloatVector r7 = FloatVector.zero(SPECIES);
        FloatVector l8 = FloatVector.zero(SPECIES);
        FloatVector r8 = FloatVector.zero(SPECIES);
        FloatVector l9 = FloatVector.zero(SPECIES);
        FloatVector r9 = FloatVector.zero(SPECIES);
        FloatVector l10 = FloatVector.zero(SPECIES);
        FloatVector r10 = FloatVector.zero(SPECIES);
        FloatVector l11 = FloatVector.zero(SPECIES);
        FloatVector r11 = FloatVector.zero(SPECIES);
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
            FloatVector a6 = broadcast(SPECIES, a[i + 6]);
            l6 = a6.fma(l, l6);
            r6 = a6.fma(r, r6);
            FloatVector a7 = broadcast(SPECIES, a[i + 7]);
            l7 = a7.fma(l, l7);
            r7 = a7.fma(r, r7);
            FloatVector a8 = broadcast(SPECIES, a[i + 8]);
            l8 = a8.fma(l, l8);
            r8 = a8.fma(r, r8);
            FloatVector a9 = broadcast(SPECIES, a[i + 9]);
            l9 = a9.fma(l, l9);
            r9 = a9.fma(r, r9);
            FloatVector a10 = broadcast(SPECIES, a[i + 10]);
            l10 = a10.fma(l, l10);
            r10 = a10.fma(r, r10);
            FloatVector a11 = broadcast(SPECIES, a[i + 11]);
            l11 = a11.fma(l, l11);
            r11 = a11.fma(r, r11);
            i += 12;
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
        l6.intoArray(to, 12 * LANES);
        r6.intoArray(to, 13 * LANES);
        l7.intoArray(to, 14 * LANES);
        r7.intoArray(to, 15 * LANES);
        l8.intoArray(to, 16 * LANES);
        r8.intoArray(to, 17 * LANES);
        l9.intoArray(to, 18 * LANES);
        r9.intoArray(to, 19 * LANES);
        l10.intoArray(to, 20 * LANES);
        r10.intoArray(to, 21 * LANES);
        l11.intoArray(to, 22 * LANES);
        r11.intoArray(to, 23 * LANES);
    }
}
