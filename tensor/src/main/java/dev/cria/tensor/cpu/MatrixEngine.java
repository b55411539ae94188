package dev.cria.tensor.cpu;

import java.util.Optional;

/**
 * Whether this machine has a bf16 matrix engine that really executes: found out by trying, since what a processor advertises may not run
 * under a hypervisor, and what it hides may.
 *
 * @param leaf the functions that use it; empty where it cannot be used
 * @param reason why it can or cannot be used, and what would mend a refusal
 */
record MatrixEngine(Optional<AmxLeaf> leaf, String reason) {
    /** Tries the leaf kernels in a child process, if there are any for this platform. */
    static MatrixEngine detect(LeafLibrary library) {
        if (library.symbols().isEmpty()) {
            return refused(library.reason() + "; float32 is used");
        }
        AmxLeaf leaf = new AmxLeaf(library.symbols().get());
        return switch (leaf.probe()) {
            case 0 -> new MatrixEngine(Optional.of(leaf), "AMX bf16 executes here and computes what it should");
            case 1 ->
                refused("the kernel grants no AMX tile registers: it needs Linux 5.16 or later on a processor with AMX"
                        + " (Sapphire Rapids or later)");
            case 2 -> refused("the processor faults on AMX instructions: it has none, or the hypervisor forbids them");
            case 3 -> refused("AMX instructions ran and computed wrong results: do not trust this machine");
            default ->
                refused("no child process could be started to try AMX in: check the limit on processes (ulimit -u)");
        };
    }

    private static MatrixEngine refused(String reason) {
        return new MatrixEngine(Optional.empty(), reason);
    }
}
