package dev.cria.tensor.quant;

import dev.cria.tensor.DType;

/**
 * 256 elements in eight groups of 32, value = d·s·q − e·m. Bytes: d and e in float16, 12 bytes of s and m ({@link GroupFactors}), 32 bytes of
 * fifth bits (group g's element i at bit g of byte i), 128 bytes of nibbles: 32 bytes hold a group in the low nibbles and the next in the high
 * ones.
 */
final class Q5_K extends BlockCodec {
    private static final int FACTORS = 4;
    private static final int FIFTHS = FACTORS + GroupFactors.BYTES;
    private static final int NIBBLES = FIFTHS + AffineGroup.SIZE;
    private static final int LARGEST = 31;

    Q5_K() {
        super(DType.Q5_K);
    }

    @Override
    void decode(byte[] bytes, int at, float[] values, int from) {
        float d = Bits.half(bytes, at);
        float e = Bits.half(bytes, at + 2);
        for (int g = 0; g < AffineSuperBlock.GROUPS; g++) {
            float scale = d * GroupFactors.scale(bytes, at + FACTORS, g);
            float minimum = e * GroupFactors.minimum(bytes, at + FACTORS, g);
            int nibbles = at + NIBBLES + g / 2 * AffineGroup.SIZE;
            int shift = g % 2 * 4;
            int to = from + g * AffineGroup.SIZE;
            for (int i = 0; i < AffineGroup.SIZE; i++) {
                int q = bytes[nibbles + i] >> shift & 15 | (bytes[at + FIFTHS + i] >> g & 1) << 4;
                values[to + i] = scale * q - minimum;
            }
        }
    }

    @Override
    Encoder encoder() {
        AffineSuperBlock block = new AffineSuperBlock(this, LARGEST);
        return (values, from, bytes, at) -> {
            block.fit(values, from);
            Bits.setHalf(bytes, at, block.d());
            Bits.setHalf(bytes, at + 2, block.e());
            GroupFactors.put(block, bytes, at + FACTORS);
            for (int i = 0; i < AffineGroup.SIZE; i++) {
                int fifths = 0;
                for (int g = 0; g < AffineSuperBlock.GROUPS; g += 2) {
                    int low = block.q(g * AffineGroup.SIZE + i);
                    int high = block.q((g + 1) * AffineGroup.SIZE + i);
                    bytes[at + NIBBLES + g / 2 * AffineGroup.SIZE + i] = (byte) (low & 15 | high << 4);
                    fifths |= low >> 4 << g | high >> 4 << g + 1;
                }
                bytes[at + FIFTHS + i] = (byte) fifths;
            }
        };
    }
}
