package dev.cria.cuda;

import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.cuda.kernels.AttentionEngine;
import dev.cria.tensor.cpu.Precision;
import java.nio.file.Path;
import java.util.List;

/**
 * How a {@link CudaDevice} is opened.
 *
 * @param ordinal which GPU, of those that the driver sees
 * @param precision what training computes its products in: F32, or BF16 with activations of that type, or FP8 with activations of BF16
 * @param tensorFloat whether float32 products may round their operands to 10 bits (TF32), which is several times faster; never for
 *     {@link dev.cria.tensor.Arithmetic#EXACT}
 * @param timing whether the algorithm of a product is chosen by trying the likely ones on its first use; else the first likely one is taken
 * @param libraries folders to look for NVIDIA's libraries in before all others ({@link LibrarySearch})
 * @param cache folder of compiled kernels
 * @param debugging whether every kernel is waited for, so that an error names it
 * @param profiling whether every kernel is timed, and a table logged when the device is closed
 * @param wholeSources whether a source's kernels are always compiled together: best for who uses them all, such as a test of them
 * @param attention whose kernels compute attention in bf16 training
 */
public record CudaOptions(
        int ordinal,
        Precision precision,
        boolean tensorFloat,
        boolean timing,
        List<Path> libraries,
        Path cache,
        boolean debugging,
        boolean profiling,
        boolean wholeSources,
        AttentionEngine attention) {
    /** The environment variable that asks for {@link #profiling}. */
    public static final String PROFILE_VARIABLE = "CRIA_CUDA_PROFILE";

    public CudaOptions {
        libraries = List.copyOf(libraries);
    }

    /**
     * The first GPU in float32, compiled kernels in the user's cache folder, debugging where {@code CRIA_CUDA_DEBUG=1}, profiling where
     * {@code CRIA_CUDA_PROFILE=1}, attention as {@code CRIA_CUDA_ATTENTION} says.
     */
    public static CudaOptions defaults() {
        return new CudaOptions(
                0,
                Precision.F32,
                false,
                true,
                List.of(),
                cacheFolder(),
                "1".equals(System.getenv(CudaException.DEBUG_VARIABLE)),
                "1".equals(System.getenv(PROFILE_VARIABLE)),
                false,
                AttentionEngine.of(System.getenv(AttentionEngine.VARIABLE)));
    }

    /** {@code CRIA_CACHE}, else {@code $XDG_CACHE_HOME/cria}, else {@code ~/.cache/cria}. */
    private static Path cacheFolder() {
        String set = System.getenv("CRIA_CACHE");
        if (set != null && !set.isBlank()) {
            return Path.of(set).resolve("cuda");
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg != null && !xdg.isBlank() ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("cria").resolve("cuda");
    }

    /** The same on another GPU. */
    public CudaOptions withOrdinal(int other) {
        return new CudaOptions(
                other, precision, tensorFloat, timing, libraries, cache, debugging, profiling, wholeSources, attention);
    }

    /** The same in another precision. */
    public CudaOptions withPrecision(Precision other) {
        return new CudaOptions(
                ordinal, other, tensorFloat, timing, libraries, cache, debugging, profiling, wholeSources, attention);
    }

    /** The same with or without TF32. */
    public CudaOptions withTensorFloat(boolean other) {
        return new CudaOptions(
                ordinal, precision, other, timing, libraries, cache, debugging, profiling, wholeSources, attention);
    }

    /** The same with or without trying algorithms. */
    public CudaOptions withTiming(boolean other) {
        return new CudaOptions(
                ordinal,
                precision,
                tensorFloat,
                other,
                libraries,
                cache,
                debugging,
                profiling,
                wholeSources,
                attention);
    }

    /** The same with libraries from these folders first. */
    public CudaOptions withLibraries(List<Path> folders) {
        return new CudaOptions(
                ordinal, precision, tensorFloat, timing, folders, cache, debugging, profiling, wholeSources, attention);
    }

    /** The same with compiled kernels in another folder. */
    public CudaOptions withCache(Path folder) {
        return new CudaOptions(
                ordinal,
                precision,
                tensorFloat,
                timing,
                libraries,
                folder,
                debugging,
                profiling,
                wholeSources,
                attention);
    }

    /** The same with or without waiting for every kernel. */
    public CudaOptions withDebugging(boolean other) {
        return new CudaOptions(
                ordinal, precision, tensorFloat, timing, libraries, cache, other, profiling, wholeSources, attention);
    }

    /** The same with kernels of a source always compiled together, or not. */
    public CudaOptions withWholeSources(boolean other) {
        return new CudaOptions(
                ordinal, precision, tensorFloat, timing, libraries, cache, debugging, profiling, other, attention);
    }
}
