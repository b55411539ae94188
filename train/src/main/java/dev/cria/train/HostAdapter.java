package dev.cria.train;

import dev.cria.model.adapter.AdapterWeights;
import dev.cria.model.lora.AdapterParameters;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** An adapter that learns on a device, copied to the host's memory, where it is written and put on a model that runs. */
final class HostAdapter implements AutoCloseable {
    private final Device device;
    private final AdapterParameters live;
    private final AdapterParameters copy;
    private final AdapterWeights weights;
    private final Arena arena = Arena.ofShared();

    /** Memory for a copy; {@link #refresh} fills it. */
    HostAdapter(TrainingSetup setup, AdapterParameters live) {
        this.device = setup.device();
        this.live = live;
        MemorySegment memory = arena.allocate(live.flat().byteSize(), 64);
        this.copy = live.over(Tensor.of(DType.F32, memory, live.flat().elements()));
        this.weights = AdapterWeights.of(live.adapter(), setup.config(), copy::tensor);
    }

    /** Takes the numbers as they are now. */
    void refresh() {
        device.download(live.flat(), copy.flat().data());
    }

    /** The adapter over the copy. */
    AdapterWeights weights() {
        return weights;
    }

    @Override
    public void close() {
        arena.close();
    }
}
