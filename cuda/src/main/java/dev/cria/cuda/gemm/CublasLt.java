package dev.cria.cuda.gemm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.FoundLibrary;
import dev.cria.cuda.driver.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The functions of cuBLASLt that products need. Matrices are column by column there; {@link GemmShape} turns ours around. */
final class CublasLt {
    /** {@code cublasLtMatmulHeuristicResult_t}: an algorithm (64 bytes), the workspace it needs, whether it is one. */
    static final long RESULT_BYTES = 96;

    static final long RESULT_WORKSPACE = 64;
    static final long RESULT_STATE = 72;

    static final int COMPUTE_32F = 68;
    static final int COMPUTE_32F_FAST_TF32 = 77;
    static final int R_32F = 0;
    static final int R_16BF = 14;
    static final int R_8F_E4M3 = 28;
    static final int R_8F_E5M2 = 29;

    /** Attributes of a description, and their value. */
    static final int TRANSPOSE_A = 3;

    static final int TRANSPOSE_B = 4;
    static final int TRANSPOSED = 1;
    static final int SCALE_A = 17;
    static final int SCALE_B = 18;
    static final int FAST_ACCUMULATION = 25;

    /** Attributes of a preference, and the value of the second. */
    static final int MAX_WORKSPACE_BYTES = 1;

    static final int REDUCTION_SCHEME_MASK = 3;
    static final int REDUCTION_IN_COMPUTE_TYPE = 2;
    static final int ALIGNMENT_A = 5;
    static final int ALIGNMENT_B = 6;
    static final int ALIGNMENT_C = 7;
    static final int ALIGNMENT_D = 8;

    private static final MethodHandle POINTER = NativeCalls.status(JAVA_LONG);
    private static final MethodHandle DESCRIPTION = NativeCalls.status(JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle LAYOUT = NativeCalls.status(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle ATTRIBUTE = NativeCalls.status(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle HEURISTIC = NativeCalls.status(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG,
            JAVA_LONG);
    private static final MethodHandle MATMUL = NativeCalls.status(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle NO_ARGUMENTS =
            Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_LONG));
    private static final MethodHandle TEXT = NativeCalls.number(JAVA_INT);

    private final FoundLibrary library;
    private final MemorySegment matmul;
    private final MemorySegment matmulDescCreate;
    private final MemorySegment matmulDescSetAttribute;
    private final MemorySegment matrixLayoutCreate;
    private final MemorySegment preferenceCreate;
    private final MemorySegment preferenceSetAttribute;
    private final MemorySegment algoGetHeuristic;
    private final MemorySegment statusName;

    CublasLt(FoundLibrary library) {
        this.library = library;
        this.matmul = library.function("cublasLtMatmul");
        this.matmulDescCreate = library.function("cublasLtMatmulDescCreate");
        this.matmulDescSetAttribute = library.function("cublasLtMatmulDescSetAttribute");
        this.matrixLayoutCreate = library.function("cublasLtMatrixLayoutCreate");
        this.preferenceCreate = library.function("cublasLtMatmulPreferenceCreate");
        this.preferenceSetAttribute = library.function("cublasLtMatmulPreferenceSetAttribute");
        this.algoGetHeuristic = library.function("cublasLtMatmulAlgoGetHeuristic");
        this.statusName = library.function("cublasLtGetStatusName");
    }

    /** Where it was found. */
    String where() {
        return library.where();
    }

    /** 130300 for 13.3.0. */
    long version() {
        try {
            return (long) NO_ARGUMENTS.invokeExact(library.function("cublasLtGetVersion"));
        } catch (Throwable e) {
            throw NativeCalls.broken("cublasLtGetVersion", e);
        }
    }

    /** A handle on the current context's device. */
    long create() {
        return made(library.function("cublasLtCreate"), "cublasLtCreate");
    }

    void destroy(long handle) {
        destroy("cublasLtDestroy", handle);
    }

    /** Frees a description, layout or preference by the function for it. */
    void destroy(String function, long object) {
        try {
            check((int) POINTER.invokeExact(library.function(function), object), function);
        } catch (Throwable e) {
            throw thrown(function, e);
        }
    }

    long description(int computeType, int scaleType) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            check(
                    (int) DESCRIPTION.invokeExact(matmulDescCreate, out.address(), computeType, scaleType),
                    "cublasLtMatmulDescCreate");
            return out.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw thrown("cublasLtMatmulDescCreate", e);
        }
    }

    void describe(long description, int attribute, int value) {
        set(matmulDescSetAttribute, description, attribute, value, Integer.BYTES);
    }

    void describe(long description, int attribute, byte value) {
        set(matmulDescSetAttribute, description, attribute, value, Byte.BYTES);
    }

    /** An address on the device. */
    void describe(long description, int attribute, long value) {
        set(matmulDescSetAttribute, description, attribute, value, Long.BYTES);
    }

    /** A matrix stored column by column. */
    long layout(int type, long rows, long columns, long leadingDimension) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            check(
                    (int) LAYOUT.invokeExact(matrixLayoutCreate, out.address(), type, rows, columns, leadingDimension),
                    "cublasLtMatrixLayoutCreate");
            return out.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw thrown("cublasLtMatrixLayoutCreate", e);
        }
    }

    long preference() {
        return made(preferenceCreate, "cublasLtMatmulPreferenceCreate");
    }

    void prefer(long preference, int attribute, int value) {
        set(preferenceSetAttribute, preference, attribute, value, Integer.BYTES);
    }

    void prefer(long preference, int attribute, long value) {
        set(preferenceSetAttribute, preference, attribute, value, Long.BYTES);
    }

    private void set(MemorySegment function, long object, int attribute, long value, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            // Little-endian: the first bytes are the value as a smaller number.
            MemorySegment in = arena.allocateFrom(JAVA_LONG, value);
            check(
                    (int) ATTRIBUTE.invokeExact(function, object, attribute, in.address(), bytes),
                    "setting attribute " + attribute + " of a product");
        } catch (Throwable e) {
            throw thrown("cublasLt…SetAttribute", e);
        }
    }

    /** Fills results with likely algorithms, the likeliest first, and returns how many there are. */
    int heuristic(
            long handle, long description, long a, long b, long c, long preference, int wanted, MemorySegment results) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            int status = (int) HEURISTIC.invokeExact(
                    algoGetHeuristic,
                    handle,
                    description,
                    a,
                    b,
                    c,
                    c,
                    preference,
                    wanted,
                    results.address(),
                    count.address());
            return status == CudaException.SUCCESS ? count.get(JAVA_INT, 0) : 0;
        } catch (Throwable e) {
            throw thrown("cublasLtMatmulAlgoGetHeuristic", e);
        }
    }

    /** Starts d = alpha·a·b + beta·c and returns the status. */
    int matmul(
            long handle,
            long description,
            long alpha,
            long a,
            long aLayout,
            long b,
            long bLayout,
            long beta,
            long c,
            long d,
            long cLayout,
            long algorithm,
            long workspace,
            long workspaceBytes,
            long stream) {
        try {
            return (int) MATMUL.invokeExact(
                    matmul,
                    handle,
                    description,
                    alpha,
                    a,
                    aLayout,
                    b,
                    bLayout,
                    beta,
                    c,
                    cLayout,
                    d,
                    cLayout,
                    algorithm,
                    workspace,
                    workspaceBytes,
                    stream);
        } catch (Throwable e) {
            throw NativeCalls.broken("cublasLtMatmul", e);
        }
    }

    private long made(MemorySegment function, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            check((int) POINTER.invokeExact(function, out.address()), name);
            return out.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw thrown(name, e);
        }
    }

    private void check(int status, String call) {
        if (status != CudaException.SUCCESS) {
            throw failure(call, status);
        }
    }

    CudaException failure(String call, int status) {
        try {
            return CudaException.other(
                    call + " failed with " + NativeCalls.string((long) TEXT.invokeExact(statusName, status)), status);
        } catch (Throwable e) {
            throw NativeCalls.broken("cublasLtGetStatusName", e);
        }
    }

    private static RuntimeException thrown(String call, Throwable e) {
        return e instanceof RuntimeException known ? known : NativeCalls.broken(call, e);
    }
}
