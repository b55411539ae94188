package dev.cria.tensor.quant;

import dev.cria.tensor.DType;

/**
 * 256 elements in eight groups of 32, value = d·s·q − e·m. Bytes: d and e in float16, 12 bytes of s and m ({@link GroupFactors}), 128 bytes of
 * nibbles q: 32 bytes hold a group in the low nibbles and the next in the high ones.
 */
final class Q4_K extends BlockCodec {
    private static final int FACTORS = 4;
    private static final int NIBBLES = FACTORS + GroupFactors.BYTES;
    private static final int LARGEST = 15;

    Q4_K() {
        super(DType.Q4_K);
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
                values[to + i] = scale * (bytes[nibbles + i] >> shift & 15) - minimum;
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
            for (int i = 0; i < AffineSuperBlock.SIZE / 2; i++) {
                int low = i / AffineGroup.SIZE * 2 * AffineGroup.SIZE + i % AffineGroup.SIZE;
                bytes[at + NIBBLES + i] = (byte) (block.q(low) | block.q(low + AffineGroup.SIZE) << 4);
            }
        };
    }
}
