package dev.cria.tensor.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Against gguf.quants and ggml: the same bytes, the same floats, errors at most theirs. */
class BlockFormatsGoldenTest {
    private static MemorySegment read(String name) throws IOException {
        return MemorySegment.ofArray(Files.readAllBytes(ReferenceData.require("golden/quant/" + name)));
    }

    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"})
    void quantisesToTheSameBytes(DType dtype) throws IOException {
        MemorySegment input = read("input.f32");
        MemorySegment expected = read(dtype + ".bin");
        MemorySegment actual = MemorySegment.ofArray(new byte[(int) expected.byteSize()]);
        BlockFormats.of(dtype).quantise(input, 0, actual, 0, input.byteSize() / Float.BYTES);
        assertThat(actual.mismatch(expected)).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"})
    void dequantisesToTheSameFloats(DType dtype) throws IOException {
        MemorySegment blocks = read(dtype + ".bin");
        float[] expected = read(dtype + ".deq.f32").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        float[] actual = new float[expected.length];
        BlockFormats.of(dtype).dequantise(blocks, 0, MemorySegment.ofArray(actual), 0, actual.length);
        assertThat(actual).usingComparatorWithPrecision(0f).containsExactly(expected);
    }

    /** The errors are those of ggml's quantize_row_…_ref (llama.cpp as of node-llama-cpp 3.22) on the same numbers. */
    @ParameterizedTest
    @CsvSource({"Q4_K, 0.1897035", "Q5_K, 0.1029514", "Q6_K, 0.0961083"})
    void errsNoMoreThanGgmlOnAwkwardRows(DType dtype, double ggml) throws IOException {
        float[] input = read("input.f32").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        assertThat(Blocks.error(dtype, input)).isLessThanOrEqualTo(ggml);
    }

    /** As above: normal numbers with outliers. */
    @ParameterizedTest
    @CsvSource({"Q4_K, 0.0913885", "Q5_K, 0.0461041", "Q6_K, 0.0246432"})
    void errsLessThanGgmlOnNormalNumbers(DType dtype, double ggml) {
        Random random = new Random(2);
        float[] input = new float[65536];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian() * (i % 97 == 0 ? 5 : 1);
        }
        assertThat(Blocks.error(dtype, input)).isLessThan(ggml * 0.99);
    }
}
