package dev.cria.tensor.quant;

import static dev.cria.tensor.quant.Nibbles.HALF;

import dev.cria.tensor.DType;

/** 32 times 5 bits q after a float16 scale d: value = d·(q − 16). The fifth bits are a 32-bit word, element i's at bit i. */
final class Q5_0 extends BlockCodec {
    Q5_0() {
        super(DType.Q5_0);
    }

    @Override
    void decode(byte[] bytes, int at, float[] values, int from) {
        float d = Bits.half(bytes, at);
        int fifths = Bits.word(bytes, at + 2);
        for (int i = 0; i < HALF; i++) {
            int pair = bytes[at + 6 + i];
            values[from + i] = d * ((pair & 15 | (fifths >>> i & 1) << 4) - 16);
            values[from + HALF + i] = d * ((pair >> 4 & 15 | (fifths >>> i + HALF & 1) << 4) - 16);
        }
    }

    @Override
    Encoder encoder() {
        return this::encode;
    }

    /** The element of largest magnitude becomes −16, so the scale has the other sign. */
    private void encode(float[] values, int from, byte[] bytes, int at) {
        float d = Nibbles.largest(values, from) / -16;
        float inverse = Nibbles.inverse(d);
        Bits.setHalf(bytes, at, half(d));
        int fifths = 0;
        for (int i = 0; i < HALF; i++) {
            int low = Math.clamp((int) (values[from + i] * inverse + 16.5f), 0, 31);
            int high = Math.clamp((int) (values[from + HALF + i] * inverse + 16.5f), 0, 31);
            bytes[at + 6 + i] = (byte) (low & 15 | high << 4);
            fifths |= low >> 4 << i | high >> 4 << i + HALF;
        }
        Bits.setWord(bytes, at + 2, fifths);
    }
}
