package dev.cria.cuda.memory;

import java.util.Optional;

/**
 * Device memory for what a kernel leaves to the next one: partial sums, a panel of weights. It grows and never shrinks, holds nothing from one
 * operation to the next, and is used in stream order.
 */
public final class Scratch {
    private final DeviceMemory memory;
    private Optional<DeviceMemory.Block> block = Optional.empty();

    public Scratch(DeviceMemory memory) {
        this.memory = memory;
    }

    /** Makes it hold so many bytes at least; its contents and its address may be others afterwards. */
    public void require(long bytes) {
        if (this.bytes() < bytes) {
            block.ifPresent(memory::free);
            block = Optional.empty();
            block = Optional.of(memory.allocate(bytes));
        }
    }

    /** Where it lies on the device, aligned to 256 bytes. */
    public long address() {
        return block.map(DeviceMemory.Block::address).orElse(0L);
    }

    public long bytes() {
        return block.map(DeviceMemory.Block::bytes).orElse(0L);
    }
}
