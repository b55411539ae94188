package dev.cria.cuda.memory;

import dev.cria.base.UserError;
import dev.cria.cuda.driver.DriverMemory;
import dev.cria.cuda.driver.Stream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * The memory of one GPU, lent in blocks. A block that comes back is kept and lent again, because asking the driver stops the GPU: once every
 * size has been seen, nothing is allocated any more. All work runs on one stream, so a block may be lent again while kernels that were
 * started before still use it.
 */
public final class DeviceMemory implements AutoCloseable {
    /** What the driver aligns to, and what copies and tensor cores like best. */
    private static final long SMALL_UNIT = 512;

    private static final long LARGE_UNIT = 2L << 20;

    /** A kept block serves a request that leaves at most one part in so many of it unused. */
    private static final long WASTE = 8;

    private final DriverMemory driver;
    private final Stream stream;
    private final long totalBytes;
    private final TreeMap<Long, Deque<Long>> kept = new TreeMap<>();
    private final Set<Block> lent = new HashSet<>();
    private long keptBytes;
    private long lentBytes;

    public DeviceMemory(DriverMemory driver, Stream stream, long totalBytes) {
        this.driver = driver;
        this.stream = stream;
        this.totalBytes = totalBytes;
    }

    /**
     * A piece of device memory.
     *
     * @param address on the device, aligned to 256 bytes
     * @param bytes its size, at least what was asked for
     */
    public record Block(long address, long bytes) {}

    /**
     * Lends a block, its contents unknown.
     *
     * @throws UserError if there is not enough memory; the message says how much was asked for and how much was free
     */
    public Block allocate(long bytes) {
        return tryAllocate(bytes).orElseThrow(() -> exhausted(bytes));
    }

    /** The same; empty where there is not enough memory. */
    public synchronized Optional<Block> tryAllocate(long bytes) {
        long size = rounded(bytes);
        Map.Entry<Long, Deque<Long>> entry = kept.ceilingEntry(size);
        if (entry != null && entry.getKey() - size <= size / WASTE) {
            long address = entry.getValue().pop();
            if (entry.getValue().isEmpty()) {
                kept.remove(entry.getKey());
            }
            keptBytes -= entry.getKey();
            return Optional.of(lend(new Block(address, entry.getKey())));
        }
        OptionalLong address = driver.allocate(size);
        if (address.isEmpty() && keptBytes > 0) {
            release();
            address = driver.allocate(size);
        }
        return address.isEmpty() ? Optional.empty() : Optional.of(lend(new Block(address.getAsLong(), size)));
    }

    private Block lend(Block block) {
        lent.add(block);
        lentBytes += block.bytes();
        return block;
    }

    /** Takes a block back; what was started before may still use it. */
    public synchronized void free(Block block) {
        if (lent.remove(block)) {
            kept.computeIfAbsent(block.bytes(), size -> new ArrayDeque<>()).push(block.address());
            keptBytes += block.bytes();
            lentBytes -= block.bytes();
        }
    }

    /** Sets a block to zero, behind what was started before. */
    public void zero(Block block, long bytes) {
        driver.zero(block.address(), bytes, stream);
    }

    /** Bytes that can still be lent: what no process uses, and what is kept here. */
    public synchronized long freeBytes() {
        return driver.freeBytes() + keptBytes;
    }

    /** All memory of the GPU. */
    public long totalBytes() {
        return totalBytes;
    }

    /** Bytes of blocks that are out. */
    public synchronized long lentBytes() {
        return lentBytes;
    }

    /** Gives what is kept back to the driver. */
    public synchronized void release() {
        kept.values().forEach(addresses -> addresses.forEach(driver::free));
        kept.clear();
        keptBytes = 0;
    }

    private UserError exhausted(long bytes) {
        return UserError.failed(
                "the GPU has no " + megabytes(bytes) + " MiB to give: " + megabytes(driver.freeBytes())
                        + " MiB of its " + megabytes(totalBytes) + " MiB are free, Cria holds " + megabytes(lentBytes)
                        + " MiB",
                "use a smaller micro-batch or context, recompute activations, or take weights of fewer bits;"
                        + " `nvidia-smi` shows whether another process holds memory");
    }

    private static long megabytes(long bytes) {
        return (bytes + (1 << 20) - 1) >> 20;
    }

    private static long rounded(long bytes) {
        long unit = bytes < LARGE_UNIT ? SMALL_UNIT : LARGE_UNIT;
        return Math.max(unit, Math.ceilDiv(bytes, unit) * unit);
    }

    /** Frees everything; blocks that are out lose their memory. */
    @Override
    public synchronized void close() {
        release();
        lent.forEach(block -> driver.free(block.address()));
        lent.clear();
        lentBytes = 0;
    }
}
