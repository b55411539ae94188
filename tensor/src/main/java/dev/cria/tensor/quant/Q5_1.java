package dev.cria.tensor.quant;

import static dev.cria.tensor.quant.Nibbles.HALF;

import dev.cria.tensor.DType;

/** 32 times 5 bits q after a scale d and a minimum m in float16: value = d·q + m. The fifth bits are a 32-bit word, element i's at bit i. */
final class Q5_1 extends BlockCodec {
    Q5_1() {
        super(DType.Q5_1);
    }

    @Override
    void decode(byte[] bytes, int at, float[] values, int from) {
        float d = Bits.half(bytes, at);
        float m = Bits.half(bytes, at + 2);
        int fifths = Bits.word(bytes, at + 4);
        for (int i = 0; i < HALF; i++) {
            int pair = bytes[at + 8 + i];
            values[from + i] = d * (pair & 15 | (fifths >>> i & 1) << 4) + m;
            values[from + HALF + i] = d * (pair >> 4 & 15 | (fifths >>> i + HALF & 1) << 4) + m;
        }
    }

    @Override
    Encoder encoder() {
        return this::encode;
    }

    /** The smallest element becomes 0, the largest 31. */
    private void encode(float[] values, int from, byte[] bytes, int at) {
        float m = Nibbles.minimum(values, from);
        float d = (Nibbles.maximum(values, from) - m) / 31;
        float inverse = Nibbles.inverse(d);
        Bits.setHalf(bytes, at, half(d));
        Bits.setHalf(bytes, at + 2, half(m));
        int fifths = 0;
        for (int i = 0; i < HALF; i++) {
            int low = Math.clamp((int) ((values[from + i] - m) * inverse + 0.5f), 0, 31);
            int high = Math.clamp((int) ((values[from + HALF + i] - m) * inverse + 0.5f), 0, 31);
            bytes[at + 8 + i] = (byte) (low & 15 | high << 4);
            fifths |= low >> 4 << i | high >> 4 << i + HALF;
        }
        Bits.setWord(bytes, at + 4, fifths);
    }
}
