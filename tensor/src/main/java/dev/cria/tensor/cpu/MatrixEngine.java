package dev.cria.tensor.cpu;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether this machine has a bf16 matrix engine that really executes: found out by trying, since what a processor advertises may not run
 * under a hypervisor, and what it hides may.
 *
 * @param leaf the functions that use it; empty where it cannot be used
 * @param reason why it can or cannot be used, and what would mend a refusal
 */
record MatrixEngine(Optional<AmxLeaf> leaf, String reason) {
    /** Unpacks the leaf kernels for this platform, if Cria ships any, and tries them in a child process. */
    static MatrixEngine detect() {
        try {
            Optional<Path> library = NativeLibraries.leaves();
            if (library.isEmpty()) {
                return refused("no leaf kernels are shipped for " + NativeLibraries.platform() + "; float32 is used");
            }
            AmxLeaf leaf = AmxLeaf.open(library.get());
            return switch (leaf.probe()) {
                case 0 -> new MatrixEngine(Optional.of(leaf), "AMX bf16 executes here and computes what it should");
                case 1 ->
                    refused(
                            "the kernel grants no AMX tile registers: it needs Linux 5.16 or later on a processor with AMX"
                                    + " (Sapphire Rapids or later)");
                case 2 ->
                    refused("the processor faults on AMX instructions: it has none, or the hypervisor forbids them");
                case 3 -> refused("AMX instructions ran and computed wrong results: do not trust this machine");
                default ->
                    refused(
                            "no child process could be started to try AMX in: check the limit on processes (ulimit -u)");
            };
        } catch (UncheckedIOException | IllegalArgumentException e) {
            return refused("the leaf kernels cannot be unpacked or opened (" + e.getMessage()
                    + "): set CRIA_CACHE to a folder that is writable and allows execution");
        }
    }

    private static MatrixEngine refused(String reason) {
        return new MatrixEngine(Optional.empty(), reason);
    }
}
