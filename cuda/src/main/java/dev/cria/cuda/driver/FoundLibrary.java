package dev.cria.cuda.driver;

import dev.cria.base.UserError;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;

/**
 * An open library; it stays open for the rest of the process.
 *
 * @param where its path, or its name where the system's loader found it
 */
public record FoundLibrary(CudaLibrary library, String where, SymbolLookup symbols) {
    /**
     * The address of a function.
     *
     * @throws UserError if the library has none of that name: it is too old
     */
    public MemorySegment function(String name) {
        return symbols.find(name)
                .orElseThrow(() -> new UserError(
                        library.title() + " at " + where + " is too old for Cria: it has no " + name,
                        "install a version for CUDA 12 or newer"));
    }
}
