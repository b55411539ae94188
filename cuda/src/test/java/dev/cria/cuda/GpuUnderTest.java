package dev.cria.cuda;

import dev.cria.base.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * The GPU that tests run on: a real one where there is one, else the emulated one, else none, and then they are skipped with a message.
 * {@code CRIA_TEST_GPU=emulated} takes the emulated one in any case, {@code CRIA_TEST_GPU=real} never.
 */
public final class GpuUnderTest {
    private static final String VARIABLE = "CRIA_TEST_GPU";

    private GpuUnderTest() {}

    /** Whether a real one is there and wanted. */
    public static boolean isReal() {
        return Real.FOUND.isEmpty();
    }

    /** How to open it; aborts the test where there is none. */
    public static CudaOptions options() {
        if (isReal()) {
            return CudaOptions.defaults();
        }
        Assumptions.assumeTrue(
                !"real".equals(System.getenv(VARIABLE)),
                () -> "no GPU: " + Real.FOUND.orElse("") + ", and " + VARIABLE + "=real forbids the emulated one");
        Optional<Path> libraries = EmulatedCuda.libraries();
        Assumptions.assumeTrue(
                libraries.isPresent(),
                () -> "no GPU (" + Real.FOUND.orElse("") + "), and no g++ to build the emulated one with");
        return emulated(libraries.orElseThrow());
    }

    /** The emulated GPU in any case; aborts the test where it cannot be built, or where libraries of a real one are open in this process. */
    public static CudaOptions emulated() {
        Assumptions.assumeTrue(!isReal(), "a real GPU is there; the emulated one is for machines without");
        return options();
    }

    private static CudaOptions emulated(Path libraries) {
        return CudaOptions.defaults()
                .withLibraries(List.of(libraries))
                .withCache(libraries.resolve("kernels"))
                .withTiming(false)
                .withWholeSources(true);
    }

    /**
     * The same GPU in another order of blocks and threads, which a real one chooses itself.
     *
     * @param order 1 to 3
     */
    public static CudaOptions options(int order) {
        CudaOptions options = options();
        return isReal() ? options : options.withOrdinal(order - 1);
    }

    private static final class Real {
        /** Why there is none; empty where there is one. */
        static final Optional<String> FOUND = look();

        private static Optional<String> look() {
            if ("emulated".equals(System.getenv(VARIABLE))) {
                return Optional.of(VARIABLE + "=emulated");
            }
            try {
                CudaDevice.open(CudaOptions.defaults()).close();
                return Optional.empty();
            } catch (UserError e) {
                return Optional.of(e.getMessage());
            }
        }
    }
}
