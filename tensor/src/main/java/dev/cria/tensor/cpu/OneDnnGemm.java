package dev.cria.tensor.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/**
 * oneDNN's float32 product. Its own threads stay off (one to a call): Cria's pool does the splitting, so that two pools do not fight for the
 * cores and results do not depend on the number of threads.
 */
final class OneDnnGemm implements Gemm {
    private static final String FOLDER = "org/bytedeco/dnnl/";

    /** AVX512_CORE_FP16: below AMX, where oneDNN faults on machines that hide the tile palette (CPUID leaf 0x1D). */
    private static final int MAXIMUM_ISA = 0x1ef;

    private final MethodHandle sgemm;
    private final Optional<SignalShield> shield = SignalShield.create();

    private OneDnnGemm(MethodHandle sgemm) {
        this.sgemm = sgemm;
    }

    /**
     * Opens the library that is on the class path for this platform.
     *
     * @return empty where there is none
     * @throws RuntimeException if it is there and does not load
     */
    static Optional<Gemm> open() {
        String folder = FOLDER + NativeLibraries.platform() + "/";
        Optional<Path> library = NativeLibraries.unpack(folder + "libdnnl.so.3");
        if (library.isEmpty()) {
            return Optional.empty();
        }
        NativeLibraries.setEnvironment("OMP_NUM_THREADS", "1");
        // Opened first, so that libdnnl finds it by its name although no search path leads to it.
        NativeLibraries.unpack(folder + "libgomp.so.1").ifPresent(NativeLibraries::open);
        SymbolLookup dnnl = NativeLibraries.open(library.get());
        MethodHandle cap = NativeLibraries.function(
                dnnl, "dnnl_set_max_cpu_isa", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MethodHandle sgemm = NativeLibraries.function(
                dnnl,
                "dnnl_sgemm",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_BYTE,
                        ValueLayout.JAVA_BYTE,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_FLOAT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_FLOAT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG));
        try {
            int ignored = (int) cap.invokeExact(MAXIMUM_ISA);
        } catch (Throwable e) {
            throw new IllegalStateException("dnnl_set_max_cpu_isa", e);
        }
        return Optional.of(new OneDnnGemm(sgemm));
    }

    @Override
    public void multiply(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            long a,
            long lda,
            long b,
            long ldb,
            boolean accumulate,
            long c,
            long ldc) {
        if (k == 0) {
            // An empty sum: the library leaves C as it is.
            for (int i = 0; i < m && !accumulate; i++) {
                Native.zero(c + i * ldc * Float.BYTES, (long) n * Float.BYTES);
            }
            return;
        }
        int status;
        shield.ifPresent(SignalShield::raise);
        try {
            status = (int) sgemm.invokeExact(
                    (byte) (transposeA ? 'T' : 'N'),
                    (byte) (transposeB ? 'T' : 'N'),
                    (long) m,
                    (long) n,
                    (long) k,
                    1f,
                    a,
                    lda,
                    b,
                    ldb,
                    accumulate ? 1f : 0f,
                    c,
                    ldc);
        } catch (Throwable e) {
            throw new IllegalStateException("dnnl_sgemm", e);
        } finally {
            shield.ifPresent(SignalShield::lower);
        }
        if (status != 0) {
            throw new IllegalStateException("dnnl_sgemm returned " + status + " for m=" + m + " n=" + n + " k=" + k);
        }
    }

    @Override
    public String name() {
        return "oneDNN";
    }
}
