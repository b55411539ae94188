package dev.cria.tensor.quant;

/** Eight pairs of 6-bit scales and minimums in 12 bytes, as Q4_K and Q5_K keep them. */
final class GroupFactors {
    static final int BYTES = 12;

    private GroupFactors() {}

    static int scale(byte[] bytes, int at, int g) {
        return g < 4 ? bytes[at + g] & 63 : bytes[at + g + 4] & 15 | (bytes[at + g - 4] & 0xc0) >> 2;
    }

    static int minimum(byte[] bytes, int at, int g) {
        return g < 4 ? bytes[at + g + 4] & 63 : bytes[at + g + 4] >> 4 & 15 | (bytes[at + g] & 0xc0) >> 2;
    }

    /** Groups 0 to 3 fill six bits of a byte each; 4 to 7 share a byte's nibbles and give their upper two bits to the first eight bytes. */
    static void put(AffineSuperBlock block, byte[] bytes, int at) {
        for (int g = 0; g < 4; g++) {
            int highScale = block.scale(g + 4);
            int highMinimum = block.minimum(g + 4);
            bytes[at + g] = (byte) (block.scale(g) | highScale >> 4 << 6);
            bytes[at + g + 4] = (byte) (block.minimum(g) | highMinimum >> 4 << 6);
            bytes[at + g + 8] = (byte) (highScale & 15 | highMinimum << 4);
        }
    }
}
