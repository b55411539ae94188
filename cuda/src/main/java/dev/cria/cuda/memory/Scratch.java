package dev.cria.cuda.memory;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * Device memory for what a kernel leaves to the next one: partial sums, a panel of weights. It grows and never shrinks, holds nothing from one
 * operation to the next, and is used in stream order.
 */
public final class Scratch {
    private final DeviceMemory memory;
    private final Consumer<DeviceMemory.Block> retire;
    private Optional<DeviceMemory.Block> block = Optional.empty();

    /** @param retire takes the block that has become too small */
    public Scratch(DeviceMemory memory, Consumer<DeviceMemory.Block> retire) {
        this.memory = memory;
        this.retire = retire;
    }

    /** Makes it hold so many bytes at least; its contents and its address may be others afterwards. */
    public void require(long bytes) {
        if (this.bytes() < bytes) {
            block.ifPresent(retire);
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
