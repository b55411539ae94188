package dev.cria.tensor.quant;

import static dev.cria.tensor.quant.Nibbles.HALF;

import dev.cria.tensor.DType;

/** 32 nibbles q after a float16 scale d: value = d·(q − 8). */
final class Q4_0 extends BlockCodec {
    Q4_0() {
        super(DType.Q4_0);
    }

    @Override
    void decode(byte[] bytes, int at, float[] values, int from) {
        float d = Bits.half(bytes, at);
        for (int i = 0; i < HALF; i++) {
            int pair = bytes[at + 2 + i];
            values[from + i] = d * ((pair & 15) - 8);
            values[from + HALF + i] = d * ((pair >> 4 & 15) - 8);
        }
    }

    @Override
    Encoder encoder() {
        return this::encode;
    }

    /** The element of largest magnitude becomes −8, so the scale has the other sign. */
    private void encode(float[] values, int from, byte[] bytes, int at) {
        float d = Nibbles.largest(values, from) / -8;
        float inverse = Nibbles.inverse(d);
        Bits.setHalf(bytes, at, half(d));
        for (int i = 0; i < HALF; i++) {
            int low = Math.clamp((int) (values[from + i] * inverse + 8.5f), 0, 15);
            int high = Math.clamp((int) (values[from + HALF + i] * inverse + 8.5f), 0, 15);
            bytes[at + 2 + i] = (byte) (low | high << 4);
        }
    }
}
