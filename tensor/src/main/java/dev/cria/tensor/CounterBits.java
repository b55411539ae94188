package dev.cria.tensor;

/**
 * Random bits that are a pure function of a stream and a place in it (SplitMix64, Steele et al., OOPSLA 2014): no state, so neither threads nor
 * a restart change them.
 */
public final class CounterBits {
    /** What two places in a stream are apart: 2⁶⁴ divided by the golden ratio. */
    public static final long STEP = 0x9E3779B97F4A7C15L;

    private CounterBits() {}

    /** 64 random bits at a place. */
    public static long at(long stream, long index) {
        return mix(stream + (index + 1) * STEP);
    }

    /** 32 random bits at a place: those of {@link #at} are two of them, the low ones first. */
    public static int intAt(long stream, long index) {
        return (int) (at(stream, index >> 1) >>> 32 * (index & 1));
    }

    /** A bijection of 64 bits in which each bit of the argument changes half of the result's. */
    public static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
