package dev.cria.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cria.tensor.RopeOrder;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Objects;

/**
 * {@link RowKernels} by the functions of {@code src/main/c/rows_f32.c}. The first pass of a process is ten times as fast with them: vectors in
 * Java are slow until C2 has compiled them.
 */
final class LeafRows implements RowKernels {
    private static final long NONE = 0;

    private final MethodHandle addRmsNorm;
    private final MethodHandle rope;
    private final MethodHandle swiGlu;
    private final MethodHandle sumExponentials;
    private final MethodHandle argMax;
    private final MethodHandle toHalves;
    private final ThreadScratch scratch = new ThreadScratch();

    /** @param library from {@link LeafLibrary#avx512} */
    LeafRows(SymbolLookup library) {
        addRmsNorm = NativeLibraries.function(
                library,
                "cria_add_rms_norm",
                FunctionDescriptor.ofVoid(
                        JAVA_LONG,
                        JAVA_LONG,
                        JAVA_LONG,
                        JAVA_LONG,
                        JAVA_LONG,
                        JAVA_LONG,
                        JAVA_LONG,
                        JAVA_LONG,
                        JAVA_FLOAT));
        rope = NativeLibraries.function(
                library,
                "cria_rope",
                FunctionDescriptor.ofVoid(
                        JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG));
        swiGlu = NativeLibraries.function(
                library, "cria_swiglu", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        sumExponentials = NativeLibraries.function(
                library, "cria_sum_exponentials", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG));
        argMax = NativeLibraries.function(
                library, "cria_arg_max", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        toHalves = NativeLibraries.function(
                library, "cria_to_halves", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    @Override
    public void addRmsNorm(int count, int D, long sum, long y, long rstd, long x, long delta, long weight, float eps) {
        try {
            addRmsNorm.invokeExact((long) count, (long) D, sum, y, rstd, x, delta, weight, eps);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void rmsNorm(int count, int D, long y, long rstd, long x, long weight, float eps) {
        addRmsNorm(count, D, x, y, rstd, x, NONE, weight, eps);
    }

    @Override
    public void rope(
            int count,
            int heads,
            int E,
            int rotatedHeads,
            long x,
            long positions,
            long cos,
            long sin,
            int P,
            boolean inverse,
            RopeOrder order) {
        for (int n = 0; n < count; n++) {
            Objects.checkIndex(Native.getInt(positions, n), P);
        }
        int pairs = order == RopeOrder.PAIRS ? 1 : 0;
        int backwards = inverse ? 1 : 0;
        try {
            rope.invokeExact(
                    pairs,
                    backwards,
                    (long) count,
                    (long) heads,
                    (long) E,
                    (long) rotatedHeads,
                    x,
                    positions,
                    cos,
                    sin);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void swiGlu(int count, int F, long h, long gateUp) {
        try {
            swiGlu.invokeExact((long) count, (long) F, h, gateUp);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void negativeLogLikelihood(int count, int V, long losses, long logits, long targets) {
        long sums = scratch.reserve(2L * Double.BYTES);
        for (int n = 0; n < count; n++) {
            int target = Native.getInt(targets, n);
            if (target == -1) {
                Native.setFloat(losses, n, 0);
                continue;
            }
            long row = logits + (long) n * V * Float.BYTES;
            float logit = Native.getFloat(row, Objects.checkIndex(target, V));
            sumExponentials(V, row, sums);
            double loss = Math.log(Native.getDouble(sums + Double.BYTES)) + (Native.getDouble(sums) - logit);
            Native.setFloat(losses, n, (float) loss);
        }
    }

    private void sumExponentials(long V, long logits, long greatestAndSum) {
        try {
            sumExponentials.invokeExact(V, logits, greatestAndSum);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void argMax(int count, int V, long indices, long logits) {
        try {
            argMax.invokeExact((long) count, (long) V, indices, logits);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void toHalves(long count, long from, long to) {
        try {
            toHalves.invokeExact(count, from, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static IllegalStateException failed(Throwable e) {
        return new IllegalStateException("native call failed", e);
    }
}
