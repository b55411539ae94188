package dev.cria.tensor.cpu;

import java.util.Optional;

/**
 * Whether this machine multiplies bytes with AVX-512 VNNI, which the Vector API cannot express; found out by trying, as {@link MatrixEngine}
 * is.
 *
 * @param leaf the functions that use it; empty where it cannot be used
 * @param reason why it can or cannot be used, and what would mend a refusal
 */
record ByteEngine(Optional<QuantLeaf> leaf, String reason) {
    /** Tries the leaf kernels in a child process, if there are any for this platform. */
    static ByteEngine detect(LeafLibrary library) {
        if (library.symbols().isEmpty()) {
            return refused(library.reason());
        }
        QuantLeaf leaf = new QuantLeaf(library.symbols().get());
        return switch (leaf.probe()) {
            case 0 -> new ByteEngine(Optional.of(leaf), "AVX-512 VNNI executes here and computes what it should");
            case 1 -> refused("the processor has no AVX-512 with VNNI and VBMI (Ice Lake, Zen 4 or later)");
            case 2 -> refused("the processor faults on AVX-512 VNNI although it advertises it");
            case 3 -> refused("AVX-512 VNNI ran and computed wrong results: do not trust this machine");
            default ->
                refused("no child process could be started to try VNNI in: check the limit on processes (ulimit -u)");
        };
    }

    private static ByteEngine refused(String reason) {
        return new ByteEngine(Optional.empty(), reason);
    }
}
