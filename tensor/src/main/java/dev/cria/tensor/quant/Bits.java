package dev.cria.tensor.quant;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian fields of a block. */
final class Bits {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Bits() {}

    static float half(byte[] bytes, int at) {
        return Float.float16ToFloat((short) SHORT.get(bytes, at));
    }

    static void setHalf(byte[] bytes, int at, short bits) {
        SHORT.set(bytes, at, bits);
    }

    static int word(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    static void setWord(byte[] bytes, int at, int word) {
        INT.set(bytes, at, word);
    }
}
