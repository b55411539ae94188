package dev.cria.cuda.gemm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.cuda.CHeader;
import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.driver.FoundLibrary;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.cuda.driver.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** As far as NVIDIA's own library goes without a GPU: its functions, its numbers, and what it reads from our descriptions. */
class CublasLtTest {
    private static final MethodHandle GET = NativeCalls.status(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    @Test
    void numbersAreTheHeaders() throws Exception {
        new CHeader("cublasLt.h")
                .is("sizeof(cublasLtMatmulHeuristicResult_t)", CublasLt.RESULT_BYTES)
                .is("offsetof(cublasLtMatmulHeuristicResult_t, algo)", 0)
                .is("offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize)", CublasLt.RESULT_WORKSPACE)
                .is("offsetof(cublasLtMatmulHeuristicResult_t, state)", CublasLt.RESULT_STATE)
                .is("CUBLAS_COMPUTE_32F", CublasLt.COMPUTE_32F)
                .is("CUBLAS_COMPUTE_32F_FAST_TF32", CublasLt.COMPUTE_32F_FAST_TF32)
                .is("CUDA_R_32F", CublasLt.R_32F)
                .is("CUDA_R_16BF", CublasLt.R_16BF)
                .is("CUDA_R_8F_E4M3", CublasLt.R_8F_E4M3)
                .is("CUDA_R_8F_E5M2", CublasLt.R_8F_E5M2)
                .is("CUBLAS_OP_T", CublasLt.TRANSPOSED)
                .is("CUBLAS_STATUS_SUCCESS", 0)
                .is("CUBLASLT_MATMUL_DESC_TRANSA", CublasLt.TRANSPOSE_A)
                .is("CUBLASLT_MATMUL_DESC_TRANSB", CublasLt.TRANSPOSE_B)
                .is("CUBLASLT_MATMUL_DESC_A_SCALE_POINTER", CublasLt.SCALE_A)
                .is("CUBLASLT_MATMUL_DESC_B_SCALE_POINTER", CublasLt.SCALE_B)
                .is("CUBLASLT_MATMUL_DESC_FAST_ACCUM", CublasLt.FAST_ACCUMULATION)
                .is("CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES", CublasLt.MAX_WORKSPACE_BYTES)
                .is("CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK", CublasLt.REDUCTION_SCHEME_MASK)
                .is("CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE", CublasLt.REDUCTION_IN_COMPUTE_TYPE)
                .is("CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES", CublasLt.ALIGNMENT_A)
                .is("CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES", CublasLt.ALIGNMENT_B)
                .is("CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES", CublasLt.ALIGNMENT_C)
                .is("CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES", CublasLt.ALIGNMENT_D)
                .check();
    }

    @Test
    void theLibraryReadsWhatWeDescribe() throws Throwable {
        FoundLibrary library = real();
        CublasLt lt = new CublasLt(library);
        assertThat(lt.version()).isGreaterThanOrEqualTo(120000);

        long description = lt.description(CublasLt.COMPUTE_32F, CublasLt.R_32F);
        lt.describe(description, CublasLt.TRANSPOSE_A, CublasLt.TRANSPOSED);
        MemorySegment describe = library.function("cublasLtMatmulDescGetAttribute");
        assertThat(get(describe, description, 0, Integer.BYTES)).isEqualTo(CublasLt.COMPUTE_32F);
        assertThat(get(describe, description, CublasLt.TRANSPOSE_A, Integer.BYTES))
                .isEqualTo(1);
        assertThat(get(describe, description, CublasLt.TRANSPOSE_B, Integer.BYTES))
                .isZero();
        lt.describe(description, CublasLt.SCALE_A, 0x7f00_1000_0010L);
        assertThat(get(describe, description, CublasLt.SCALE_A, Long.BYTES)).isEqualTo(0x7f00_1000_0010L);
        assertThat(get(describe, description, CublasLt.SCALE_B, Long.BYTES)).isZero();
        lt.describe(description, CublasLt.FAST_ACCUMULATION, (byte) 1);
        assertThat(get(describe, description, CublasLt.FAST_ACCUMULATION, Byte.BYTES))
                .isEqualTo(1);
        lt.destroy("cublasLtMatmulDescDestroy", description);

        long layout = lt.layout(CublasLt.R_16BF, 2048, 32000, 4096);
        MemorySegment layoutGet = library.function("cublasLtMatrixLayoutGetAttribute");
        assertThat(get(layoutGet, layout, 0, Integer.BYTES)).isEqualTo(CublasLt.R_16BF);
        assertThat(get(layoutGet, layout, 2, Long.BYTES)).isEqualTo(2048);
        assertThat(get(layoutGet, layout, 3, Long.BYTES)).isEqualTo(32000);
        assertThat(get(layoutGet, layout, 4, Long.BYTES)).isEqualTo(4096);
        lt.destroy("cublasLtMatrixLayoutDestroy", layout);

        long preference = lt.preference();
        lt.prefer(preference, CublasLt.MAX_WORKSPACE_BYTES, AlgorithmChoice.WORKSPACE_BYTES);
        lt.prefer(preference, CublasLt.ALIGNMENT_C, 4);
        MemorySegment prefer = library.function("cublasLtMatmulPreferenceGetAttribute");
        assertThat(get(prefer, preference, CublasLt.MAX_WORKSPACE_BYTES, Long.BYTES))
                .isEqualTo(AlgorithmChoice.WORKSPACE_BYTES);
        assertThat(get(prefer, preference, CublasLt.ALIGNMENT_C, Integer.BYTES)).isEqualTo(4);
        lt.destroy("cublasLtMatmulPreferenceDestroy", preference);
    }

    @Test
    void aStatusHasItsName() {
        assertThat(new CublasLt(real()).failure("a product", 15))
                .hasMessage("a product failed with CUBLAS_STATUS_NOT_SUPPORTED");
    }

    private static FoundLibrary real() {
        Optional<FoundLibrary> library = LibrarySearch.of(List.of()).find(CudaLibrary.CUBLAS_LT, Integer.MAX_VALUE);
        assumeTrue(library.isPresent(), "no cuBLASLt on this machine: name its folder in " + LibrarySearch.VARIABLE);
        return library.get();
    }

    private static long get(MemorySegment function, long object, int attribute, long bytes) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG, 2);
            int status = (int) GET.invokeExact(function, object, attribute, out.address(), bytes, out.address() + 8);
            assertThat(status).isZero();
            assertThat(out.getAtIndex(JAVA_LONG, 1)).isEqualTo(bytes);
            return out.get(JAVA_LONG, 0);
        }
    }
}
