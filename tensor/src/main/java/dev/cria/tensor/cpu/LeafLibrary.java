package dev.cria.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The leaf kernels in C that Cria ships for this platform, opened.
 *
 * @param symbols empty where there are none, or they cannot be opened
 * @param reason why there are none, and the mend
 */
record LeafLibrary(Optional<SymbolLookup> symbols, String reason) {
    static LeafLibrary open() {
        try {
            Optional<Path> library = NativeLibraries.leaves();
            return library.map(path -> new LeafLibrary(Optional.of(NativeLibraries.open(path)), ""))
                    .orElseGet(() -> missing("no leaf kernels are shipped for " + NativeLibraries.platform()));
        } catch (UncheckedIOException | IllegalArgumentException e) {
            return missing("the leaf kernels cannot be unpacked or opened (" + e.getMessage()
                    + "): set CRIA_CACHE to a folder that is writable and allows execution");
        }
    }

    /** The library where processor and system have the AVX-512 that the float32 leaves are built of; empty elsewhere. */
    Optional<SymbolLookup> avx512() {
        return symbols.filter(LeafLibrary::executesAvx512);
    }

    private static boolean executesAvx512(SymbolLookup library) {
        try {
            return (int) NativeLibraries.function(library, "cria_avx512_probe", FunctionDescriptor.of(JAVA_INT))
                            .invokeExact()
                    != 0;
        } catch (Throwable e) {
            throw new IllegalStateException("native call failed", e);
        }
    }

    private static LeafLibrary missing(String reason) {
        return new LeafLibrary(Optional.empty(), reason);
    }
}
