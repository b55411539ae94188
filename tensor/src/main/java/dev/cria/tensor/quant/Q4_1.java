package dev.cria.tensor.quant;

import static dev.cria.tensor.quant.Nibbles.HALF;

import dev.cria.tensor.DType;

/** 32 nibbles q after a scale d and a minimum m in float16: value = d·q + m. */
final class Q4_1 extends BlockCodec {
    Q4_1() {
        super(DType.Q4_1);
    }

    @Override
    void decode(byte[] bytes, int at, float[] values, int from) {
        float d = Bits.half(bytes, at);
        float m = Bits.half(bytes, at + 2);
        for (int i = 0; i < HALF; i++) {
            int pair = bytes[at + 4 + i];
            values[from + i] = d * (pair & 15) + m;
            values[from + HALF + i] = d * (pair >> 4 & 15) + m;
        }
    }

    @Override
    Encoder encoder() {
        return this::encode;
    }

    /** The smallest element becomes 0, the largest 15. */
    private void encode(float[] values, int from, byte[] bytes, int at) {
        float m = Nibbles.minimum(values, from);
        float d = (Nibbles.maximum(values, from) - m) / 15;
        float inverse = Nibbles.inverse(d);
        Bits.setHalf(bytes, at, half(d));
        Bits.setHalf(bytes, at + 2, half(m));
        for (int i = 0; i < HALF; i++) {
            int low = Math.clamp((int) ((values[from + i] - m) * inverse + 0.5f), 0, 15);
            int high = Math.clamp((int) ((values[from + HALF + i] - m) * inverse + 0.5f), 0, 15);
            bytes[at + 4 + i] = (byte) (low | high << 4);
        }
    }
}
