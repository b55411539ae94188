package dev.cria.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** Attention of one head by the functions of {@code src/main/c/attention_f32.c}, in float32 with AVX-512. */
final class FusedAttention implements HeadAttention {
    /** Larger heads go to the other implementation. */
    private static final int MAXIMUM_E = 128;

    /** Queries in a block: keys are copied once for all of them, and scratch stays in the second cache. */
    private static final int ROWS = 256;

    private final MethodHandle forward;
    private final MethodHandle backward;
    private final MethodHandle forwardScratch;
    private final MethodHandle backwardScratch;
    private final HeadAttention large;
    private final ThreadScratch scratch = new ThreadScratch();

    /**
     * @param library from {@link LeafLibrary#avx512}
     * @param large for heads that are larger than these functions take
     */
    FusedAttention(SymbolLookup library, HeadAttention large) {
        this.large = large;
        forward = NativeLibraries.function(
                library,
                "cria_attention_forward",
                FunctionDescriptor.ofVoid(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        backward = NativeLibraries.function(
                library,
                "cria_attention_backward",
                FunctionDescriptor.ofVoid(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        forwardScratch = NativeLibraries.function(
                library, "cria_attention_forward_scratch", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
        backwardScratch = NativeLibraries.function(
                library, "cria_attention_backward_scratch", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    @Override
    public int rows(int E) {
        return E <= MAXIMUM_E ? ROWS : large.rows(E);
    }

    @Override
    public void forward(
            long out,
            long outRow,
            long logSumExp,
            long q,
            long qRow,
            long keys,
            long values,
            long keyRow,
            int rows,
            int position,
            int E) {
        if (E > MAXIMUM_E) {
            large.forward(out, outRow, logSumExp, q, qRow, keys, values, keyRow, rows, position, E);
            return;
        }
        try {
            long memory = scratch.reserve((long) forwardScratch.invokeExact((long) rows));
            forward.invokeExact(
                    out,
                    outRow,
                    logSumExp,
                    q,
                    qRow,
                    keys,
                    values,
                    keyRow,
                    (long) rows,
                    (long) position,
                    (long) E,
                    memory);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    @Override
    public void backward(long dQkv, long dOut, long out, long logSumExp, long qkv, AttentionShape shape, int b, int k) {
        if (shape.E() > MAXIMUM_E) {
            large.backward(dQkv, dOut, out, logSumExp, qkv, shape, b, k);
            return;
        }
        int h = k * shape.group();
        long query = shape.qkv(b, 0, h);
        long key = shape.qkv(b, 0, shape.H() + k);
        long value = shape.qkv(b, 0, shape.H() + shape.K() + k);
        long output = shape.out(b, 0, h);
        try {
            long memory = scratch.reserve((long) backwardScratch.invokeExact((long) shape.T(), (long) shape.group()));
            backward.invokeExact(
                    dQkv + query,
                    dQkv + key,
                    dQkv + value,
                    dOut + output,
                    out + output,
                    logSumExp + shape.logSumExp(b, h, 0),
                    qkv + query,
                    qkv + key,
                    qkv + value,
                    shape.qkvRow(),
                    shape.outRow(),
                    (long) shape.T(),
                    (long) shape.group(),
                    (long) shape.E(),
                    memory);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static IllegalStateException failed(Throwable e) {
        return new IllegalStateException("native call failed", e);
    }
}
