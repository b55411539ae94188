package dev.cria.cuda.driver;

/**
 * What kernels and their launchers ask of a card.
 *
 * @param name such as {@code NVIDIA H100 80GB HBM3}
 * @param computeCapability major·10 + minor: 90 for an H100
 * @param multiprocessors streaming multiprocessors
 * @param totalBytes memory
 * @param sharedBytesPerBlock the most shared memory a block can ask for
 * @param cacheBytes second-level cache
 */
public record CardProperties(
        String name,
        int computeCapability,
        int multiprocessors,
        long totalBytes,
        int sharedBytesPerBlock,
        long cacheBytes) {}
