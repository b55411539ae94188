package dev.cria.tensor.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every block format does, whatever the numbers. */
class BlockFormatsTest {
    static List<DType> formats() {
        return Arrays.stream(DType.values()).filter(DType::isQuantised).toList();
    }

    @Provide
    Arbitrary<DType> format() {
        return Arbitraries.of(formats());
    }

    /** 512 numbers: normal ones on scales from 2⁻²⁰ to 2¹⁰ a group of 16, some rows shifted, some elements large, some zero. */
    @Provide
    Arbitrary<float[]> weights() {
        return Combinators.combine(
                        Arbitraries.longs(),
                        Arbitraries.integers().between(0, 10),
                        Arbitraries.floats().between(-2, 2))
                .as((seed, spread, shift) -> {
                    Random random = new Random(seed);
                    float[] values = new float[512];
                    float scale = 1;
                    for (int i = 0; i < values.length; i++) {
                        if (i % 16 == 0) {
                            scale = Math.scalb(1f, random.nextInt(-2 * spread, spread + 1));
                        }
                        float value = scale * ((float) random.nextGaussian() + shift);
                        values[i] = random.nextInt(50) == 0 ? 8 * value : random.nextInt(50) == 0 ? 0 : value;
                    }
                    return values;
                });
    }

    /** Steps that the largest magnitude, or the range, of a block is cut into; half of one is the most that rounding alone changes. */
    private static double steps(DType dtype) {
        return switch (dtype) {
            case Q8_0 -> 254;
            case Q4_0, Q4_1, Q4_K -> 15;
            case Q5_0, Q5_1, Q5_K -> 31;
            case Q6_K -> 63;
            default -> throw new IllegalArgumentException(dtype.toString());
        };
    }

    /** A value moves by a step of its block at most: the scale's own rounding and the missing top step of Q4_0 and Q5_0 are in that. */
    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void everyValueStaysWithinAStep(@ForAll("format") DType dtype, @ForAll("weights") float[] values) {
        float[] after = Blocks.roundTrip(dtype, values);
        for (int block = 0; block < values.length; block += dtype.blockSize()) {
            double largest = 0;
            for (int i = block; i < block + dtype.blockSize(); i++) {
                largest = Math.max(largest, Math.abs(values[i]));
            }
            // The last term is half the distance of the smallest float16 numbers, times the largest q.
            double step = 2 * largest / steps(dtype) * 1.1 + 3e-8 * 128 * 63;
            for (int i = block; i < block + dtype.blockSize(); i++) {
                assertThat((double) after[i]).isBetween(values[i] - step, values[i] + step);
            }
        }
    }

    /** What was read from blocks is stored again with next to no error: a file can go through float32 and back. */
    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void quantisingTwiceChangesLittle(@ForAll("format") DType dtype, @ForAll("weights") float[] values) {
        float[] once = Blocks.roundTrip(dtype, values);
        assertThat(Blocks.error(dtype, once)).isLessThanOrEqualTo(Blocks.error(dtype, values) * 1.01 + 1e-7);
    }

    /** The K formats search: never worse than the plain grid of the format with as many bits that has a range for each 32. */
    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    void searchPays(@ForAll("weights") float[] values) {
        assertThat(Blocks.error(DType.Q6_K, values))
                .isLessThanOrEqualTo(Blocks.error(DType.Q5_0, values) * 1.01 + 1e-7);
        assertThat(Blocks.error(DType.Q5_K, values)).isLessThanOrEqualTo(Blocks.error(DType.Q4_K, values) + 1e-7);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void zerosStayZeros(DType dtype) {
        for (float after : Blocks.roundTrip(dtype, new float[512])) {
            assertThat(after == 0).isTrue(); // of either sign
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void constantsStayAlmostConstant(DType dtype) {
        for (float constant : new float[] {1, -1, 300, -0.01f}) {
            float[] values = new float[512];
            Arrays.fill(values, constant);
            for (float after : Blocks.roundTrip(dtype, values)) {
                assertThat(after / constant).isBetween(0.995f, 1.005f);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void refusesWhatIsNotFinite(DType dtype) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int at : new int[] {0, 255, 2303}) {
                float[] values = new float[2304];
                values[at] = bad;
                assertThatThrownBy(() -> Blocks.quantise(dtype, values))
                        .isInstanceOf(UserError.class)
                        .hasMessage("element " + at + " is " + bad + " and cannot be quantised to " + dtype);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void refusesWhatIsTooLarge(DType dtype) {
        for (float large : new float[] {1e10f, -1e10f, Float.MAX_VALUE, -Float.MAX_VALUE}) {
            float[] values = new float[256];
            values[17] = large;
            assertThatThrownBy(() -> Blocks.quantise(dtype, values))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("too large for " + dtype);
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void countsInWholeBlocksInsideTheMemory(DType dtype) {
        BlockFormat format = BlockFormats.of(dtype);
        assertThat(format.dtype()).isEqualTo(dtype);
        MemorySegment floats = MemorySegment.ofArray(new float[512]);
        MemorySegment blocks = MemorySegment.ofArray(new byte[(int) dtype.bytes(512)]);
        assertThatThrownBy(() -> format.quantise(floats, 0, blocks, 0, 31))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> format.dequantise(blocks, 0, floats, 0, -256))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> format.quantise(floats, 4, blocks, 0, 512))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> format.dequantise(blocks, 1, floats, 0, 512))
                .isInstanceOf(IndexOutOfBoundsException.class);
        format.dequantise(blocks, 0, floats, 0, 0);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void writesBetweenItsOffsetsOnly(DType dtype) {
        float[] values = new float[256];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        byte[] expected = Blocks.quantise(dtype, values);
        byte[] blocks = new byte[expected.length + 8];
        Arrays.fill(blocks, (byte) 77);
        BlockFormats.of(dtype).quantise(MemorySegment.ofArray(values), 0, MemorySegment.ofArray(blocks), 3, 256);
        assertThat(Arrays.copyOfRange(blocks, 3, 3 + expected.length)).isEqualTo(expected);
        assertThat(blocks).startsWith(77, 77, 77).endsWith(77, 77, 77, 77, 77);
        float[] floats = new float[260];
        Arrays.fill(floats, 7);
        BlockFormats.of(dtype).dequantise(MemorySegment.ofArray(blocks), 3, MemorySegment.ofArray(floats), 8, 256);
        assertThat(Arrays.copyOfRange(floats, 2, 258)).isEqualTo(Blocks.dequantise(dtype, expected));
        assertThat(new float[] {floats[0], floats[1], floats[258], floats[259]}).containsOnly(7);
    }

    @Test
    void plainTypesHaveNoBlocks() {
        assertThatThrownBy(() -> BlockFormats.of(DType.F16)).isInstanceOf(IllegalArgumentException.class);
    }
}
