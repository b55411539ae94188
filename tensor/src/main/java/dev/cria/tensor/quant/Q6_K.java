package dev.cria.tensor.quant;

import dev.cria.tensor.DType;

/**
 * 256 elements in sixteen groups of 16, value = d·s·(q − 32). Bytes: 128 of low nibbles, 64 of upper pairs of bits, 16 signed scales s, d in
 * float16. Each half of 128 elements is four rows of 32: rows 0 and 1 are the low nibbles of 64 bytes, rows 2 and 3 the high ones, and byte i of
 * the pairs holds those of element i of all four rows.
 */
final class Q6_K extends BlockCodec {
    private static final int PAIRS = 128;
    private static final int SCALES = PAIRS + 64;
    private static final int FACTOR = SCALES + 16;
    private static final int ROW = 32;

    Q6_K() {
        super(DType.Q6_K);
    }

    @Override
    void decode(byte[] bytes, int at, float[] values, int from) {
        float d = Bits.half(bytes, at + FACTOR);
        for (int row = 0; row < 8; row++) {
            int nibbles = at + row / 4 * 64 + row % 2 * ROW;
            int pairs = at + PAIRS + row / 4 * ROW;
            int nibbleShift = row % 4 / 2 * 4;
            int pairShift = row % 4 * 2;
            float left = d * bytes[at + SCALES + row * 2];
            float right = d * bytes[at + SCALES + row * 2 + 1];
            int to = from + row * ROW;
            for (int i = 0; i < ROW; i++) {
                int q = bytes[nibbles + i] >> nibbleShift & 15 | (bytes[pairs + i] >> pairShift & 3) << 4;
                values[to + i] = (i < ROW / 2 ? left : right) * (q - 32);
            }
        }
    }

    @Override
    Encoder encoder() {
        SymmetricSuperBlock block = new SymmetricSuperBlock(this);
        return (values, from, bytes, at) -> {
            block.fit(values, from);
            for (int half = 0; half < 2; half++) {
                for (int i = 0; i < ROW; i++) {
                    int first = half * 128 + i;
                    int q0 = block.q(first) + 32;
                    int q1 = block.q(first + ROW) + 32;
                    int q2 = block.q(first + 2 * ROW) + 32;
                    int q3 = block.q(first + 3 * ROW) + 32;
                    bytes[at + half * 64 + i] = (byte) (q0 & 15 | q2 << 4);
                    bytes[at + half * 64 + ROW + i] = (byte) (q1 & 15 | q3 << 4);
                    bytes[at + PAIRS + half * ROW + i] = (byte) (q0 >> 4 | q1 >> 4 << 2 | q2 >> 4 << 4 | q3 >> 4 << 6);
                }
            }
            for (int g = 0; g < SymmetricSuperBlock.GROUPS; g++) {
                bytes[at + SCALES + g] = block.scale(g);
            }
            Bits.setHalf(bytes, at + FACTOR, block.d());
        };
    }
}
