package dev.cria.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cria.tensor.DType;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of {@code src/main/c/quant_rows.c}, {@code quant_panels.c} and {@code attend.c}; see there for layouts. Sizes count elements where they do not say
 * bytes, addresses are raw.
 */
final class QuantLeaf {
    /** Largest head that {@link #attend} takes. */
    static final int MAXIMUM_HEAD = 256;

    private final MethodHandle probe;
    private final MethodHandle rowBytes;
    private final MethodHandle quantiseRows;
    private final MethodHandle multiplyRows;
    private final MethodHandle multiplyPanel;
    private final MethodHandle widen;
    private final MethodHandle attend;

    QuantLeaf(SymbolLookup library) {
        probe = NativeLibraries.function(library, "cria_vnni_probe", FunctionDescriptor.of(JAVA_INT));
        rowBytes = NativeLibraries.function(
                library, "cria_quantised_row_bytes", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG));
        quantiseRows = NativeLibraries.function(
                library,
                "cria_quantise_rows",
                FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        multiplyRows = NativeLibraries.function(
                library,
                "cria_multiply_rows",
                FunctionDescriptor.ofVoid(
                        JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG, JAVA_LONG));
        multiplyPanel = NativeLibraries.function(
                library,
                "cria_amx_multiply_quantised",
                FunctionDescriptor.ofVoid(
                        JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG, JAVA_LONG));
        widen = NativeLibraries.function(
                library,
                "cria_widen_rows",
                FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        attend = NativeLibraries.function(
                library,
                "cria_attend",
                FunctionDescriptor.ofVoid(
                        JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG, JAVA_LONG));
    }

    /** Whether weights of this type can be multiplied where they lie. */
    static boolean knows(DType type) {
        return number(type) != 0;
    }

    /** The type's number in {@code quant.h}; 0 is float32, and what the leaves do not know. */
    private static int number(DType type) {
        return switch (type) {
            case F16 -> 1;
            case BF16 -> 2;
            case Q8_0 -> 3;
            case Q4_0 -> 4;
            case Q4_K -> 5;
            case Q6_K -> 6;
            default -> 0;
        };
    }

    /** 0 where the machine executes the instructions; see {@code probe.c} for the rest. */
    int probe() {
        try {
            return (int) probe.invokeExact();
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Bytes of a row of k inputs, quantised for weights of a type. */
    long rowBytes(DType type, long k) {
        try {
            return (long) rowBytes.invokeExact(number(type), k);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Quantises {@code count} rows of k floats to 64-byte aligned memory; k is a multiple of 32. */
    void quantiseRows(DType type, long count, long k, long x, long ld, long to) {
        try {
            quantiseRows.invokeExact(number(type), count, k, x, ld, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** y[count, rows] = inputs · weightsᵀ for few inputs, which are quantised unless the type is F16 or BF16. */
    void multiplyRows(
            DType type,
            long rows,
            long k,
            long weights,
            long weightRowBytes,
            long count,
            long x,
            long xRowBytes,
            long y,
            long ldy) {
        try {
            multiplyRows.invokeExact(number(type), rows, k, weights, weightRowBytes, count, x, xRowBytes, y, ldy);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** c[m, rows] = left · weightsᵀ on the matrix engine; left is packed by {@link AmxLeaf#pack}, scratch holds the rows packed. */
    void multiplyPanel(
            DType type,
            long m,
            long rows,
            long k,
            long left,
            long weights,
            long weightRowBytes,
            long scratch,
            long c,
            long ldc) {
        try {
            multiplyPanel.invokeExact(number(type), m, rows, k, left, weights, weightRowBytes, scratch, c, ldc);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Rows of a cache of {@code type}, of {@code width} elements and {@code rowBytes} apart, to rows of as many floats. */
    void widen(DType type, long rows, long width, long from, long rowBytes, long to) {
        try {
            widen.invokeExact(number(type), rows, width, from, rowBytes, to);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /**
     * Attention of a group of query heads of one token over {@code count} keys and values of the head they share, whose rows are {@code
     * rowBytes} apart; q and out are [group, E], scratch holds 2·group floats.
     */
    void attend(
            DType type,
            long group,
            long count,
            long E,
            long q,
            long keys,
            long values,
            long rowBytes,
            long out,
            long scratch) {
        try {
            attend.invokeExact(number(type), group, count, E, q, keys, values, rowBytes, out, scratch);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static IllegalStateException failed(Throwable e) {
        return new IllegalStateException("native call failed", e);
    }
}
