package dev.cria.tensor.quant;

import dev.cria.tensor.DType;

/** 32 signed bytes q after a float16 scale d: value = d·q. */
final class Q8_0 extends BlockCodec {
    private static final int SIZE = 32;

    Q8_0() {
        super(DType.Q8_0);
    }

    @Override
    void decode(byte[] bytes, int at, float[] values, int from) {
        float d = Bits.half(bytes, at);
        for (int i = 0; i < SIZE; i++) {
            values[from + i] = d * bytes[at + 2 + i];
        }
    }

    @Override
    Encoder encoder() {
        return this::encode;
    }

    /** The largest magnitude becomes 127; halves round away from zero. */
    private void encode(float[] values, int from, byte[] bytes, int at) {
        float largest = 0;
        for (int i = 0; i < SIZE; i++) {
            largest = Math.max(largest, Math.abs(values[from + i]));
        }
        float d = largest / 127;
        float inverse = d == 0 ? 0 : 1 / d;
        Bits.setHalf(bytes, at, half(d));
        for (int i = 0; i < SIZE; i++) {
            float q = values[from + i] * inverse;
            bytes[at + 2 + i] = (byte) Math.clamp((int) q + (int) (2 * (q - (int) q)), -127, 127);
        }
    }
}
