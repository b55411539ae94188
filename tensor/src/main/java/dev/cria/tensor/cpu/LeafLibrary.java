package dev.cria.tensor.cpu;

import java.io.UncheckedIOException;
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

    private static LeafLibrary missing(String reason) {
        return new LeafLibrary(Optional.empty(), reason);
    }
}
