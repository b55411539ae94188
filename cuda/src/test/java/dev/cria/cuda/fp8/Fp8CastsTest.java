package dev.cria.cuda.fp8;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.cuda.CudaOptions;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.cuda.compile.DiskCache;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.cuda.gemm.MatrixType;
import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Fp8CastsTest {
    private static final int PATTERNS = 1 << 16;

    private Cuda cuda;
    private Workspace workspace;
    private Fp8Casts casts;

    private void open(int order) {
        CudaOptions options = GpuUnderTest.options(order);
        cuda = Cuda.open(
                LibrarySearch.of(options.libraries()),
                options.ordinal(),
                new DiskCache(options.cache(), 1 << 28),
                options.debugging());
        workspace = cuda.workspace();
        casts = new Fp8Casts(cuda);
    }

    @AfterEach
    void close() {
        if (cuda != null) {
            workspace.close();
            cuda.close();
        }
    }

    /** All of bf16 under several scales: each code, each midpoint between two, what is too small, what is too large, infinities and NaNs. */
    @Test
    void everyBf16BecomesTheNearestCode() {
        open(1);
        short[] all = new short[PATTERNS];
        for (int i = 0; i < PATTERNS; i++) {
            all[i] = (short) i;
        }
        Tensor matrix = matrix(all, 256, 256);
        for (MatrixType format : List.of(MatrixType.E4M3, MatrixType.E5M2)) {
            for (float scale : new float[] {1, 0x1p-9f, 0x1p20f}) {
                KnownMatrix known = known(matrix, format, scale);
                byte[] expected = new byte[PATTERNS];
                boolean[] seen = new boolean[256];
                for (int i = 0; i < PATTERNS; i++) {
                    int code = Fp8Reference.encode(bf16(all[i]) * scale, format);
                    expected[i] = (byte) code;
                    seen[code] = true;
                }
                boolean fromEnd = scale > 1;
                Tensor out = bytes(2 * PATTERNS);
                long rows = out.data().address();
                long columns = rows + PATTERNS;
                casts.both(rows, columns, matrix, known, fromEnd);
                assertThat(host(rows, PATTERNS)).isEqualTo(expected);
                assertThat(host(columns, PATTERNS)).isEqualTo(transposed(expected, 256, 256));
                assertThat(finiteCodesOf(seen, format)).isEqualTo(format == MatrixType.E4M3 ? 254 : 248);
            }
        }
    }

    private static int finiteCodesOf(boolean[] seen, MatrixType format) {
        int count = 0;
        for (int code = 0; code < 256; code++) {
            if (seen[code] && Double.isFinite(Fp8Reference.values(format)[code])) {
                count++;
            }
        }
        return count;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void layoutsOfMatricesThatFillNoTile(int order) {
        open(order);
        for (int[] shape : new int[][] {{16, 16}, {144, 80}, {16, 208}, {272, 48}, {128, 64}}) {
            int rows = shape[0];
            int columns = shape[1];
            short[] numbers = random(rows * columns, 1);
            Tensor matrix = matrix(numbers, rows, columns);
            for (MatrixType format : List.of(MatrixType.E4M3, MatrixType.E5M2)) {
                KnownMatrix known = known(matrix, format, 0x1p4f);
                byte[] expected = new byte[numbers.length];
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = (byte) Fp8Reference.encode(bf16(numbers[i]) * 0x1p4f, format);
                }
                byte[] turned = transposed(expected, rows, columns);
                boolean fromEnd = order == 2;
                Tensor out = bytes(2L * numbers.length);
                long first = out.data().address();
                long second = first + numbers.length;
                casts.both(first, second, matrix, known, fromEnd);
                assertThat(host(first, numbers.length)).isEqualTo(expected);
                assertThat(host(second, numbers.length)).isEqualTo(turned);
                if (format == MatrixType.E4M3) {
                    casts.columns(first, matrix, known, fromEnd);
                    casts.rows(second, matrix, known, fromEnd);
                    assertThat(host(first, numbers.length)).isEqualTo(turned);
                    assertThat(host(second, numbers.length)).isEqualTo(expected);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void theScaleIsTheLargestPowerOfTwoThatFits(int order) {
        open(order);
        Random random = new Random(order);
        for (MatrixType format : List.of(MatrixType.E4M3, MatrixType.E5M2)) {
            for (float magnitude : new float[] {
                0, 448, 450, 447, 57344, 57600, 1, 1.75f, 1.7578125f, 3e38f, 1e-38f, 0x1p-133f, 0x1p-126f, 0.0123f, 6e4f
            }) {
                // Larger than what one block looks at, and no multiple of it.
                short[] numbers = new short[16 * 5008];
                numbers[random.nextInt(numbers.length)] =
                        (short) (Float.floatToRawIntBits(random.nextBoolean() ? magnitude : -magnitude) >>> 16);
                float[] values = new float[numbers.length];
                for (int i = 0; i < values.length; i++) {
                    values[i] = bf16(numbers[i]);
                }
                float[] scales = scales(matrix(numbers, 16, 5008), format);
                assertThat(scales[0]).as("%s of %s", format, magnitude).isEqualTo(Fp8Reference.scale(values, format));
                assertThat(scales[1]).isEqualTo(1 / scales[0]);
            }
        }
    }

    @Test
    void whatIsNotFiniteMakesTheProductNan() {
        open(1);
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            short[] numbers = random(256, 1);
            numbers[201] = (short) (Float.floatToRawIntBits(bad) >>> 16);
            float[] scales = scales(matrix(numbers, 16, 16), MatrixType.E4M3);
            assertThat(scales[0]).isEqualTo(1);
            assertThat(scales[1]).isNaN();
        }
    }

    private float[] scales(Tensor matrix, MatrixType format) {
        KnownMatrix known = known(matrix, format, 77);
        casts.scale(known, matrix);
        float[] floats = new float[8];
        cuda.download(known.scale(), MemorySegment.ofArray(floats));
        return new float[] {floats[0], floats[4]};
    }

    private KnownMatrix known(Tensor matrix, MatrixType format, float scale) {
        Tensor scales = workspace.allocate(DType.F32, 8);
        long address = scales.data().address();
        cuda.upload(MemorySegment.ofArray(new float[] {scale, 0, 0, 0, 1 / scale, 0, 0, 0}), address);
        return new KnownMatrix(
                1, format, matrix.data().address(), matrix.byteSize(), matrix.dim(0), address, List.of());
    }

    private Tensor matrix(short[] bits, int rows, int columns) {
        Tensor matrix = workspace.allocate(DType.BF16, rows, columns);
        cuda.upload(MemorySegment.ofArray(bits), matrix.data().address());
        return matrix;
    }

    private Tensor bytes(long count) {
        return workspace.allocate(DType.F32, (count + 3) / 4);
    }

    private byte[] host(long address, int count) {
        byte[] bytes = new byte[count];
        cuda.download(address, MemorySegment.ofArray(bytes));
        return bytes;
    }

    private static byte[] transposed(byte[] matrix, int rows, int columns) {
        byte[] turned = new byte[matrix.length];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                turned[c * rows + r] = matrix[r * columns + c];
            }
        }
        return turned;
    }

    private static short[] random(int count, long seed) {
        Random random = new Random(seed);
        short[] bits = new short[count];
        for (int i = 0; i < count; i++) {
            bits[i] = (short) (Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16);
        }
        return bits;
    }

    private static float bf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}
