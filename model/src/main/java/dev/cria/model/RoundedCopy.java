package dev.cria.model;

import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Workspace;
import java.util.Optional;

/** The parameters in bf16 beside their float32 masters, where a device's activations are bf16; elsewhere the masters themselves serve. */
public final class RoundedCopy {
    private RoundedCopy() {}

    /** A copy in the layout of some parameters, all zero; absent where activations are float32. */
    public static Optional<TrainableParameters> of(Device device, Workspace workspace, TrainableParameters parameters) {
        return device.activationType() == DType.F32
                ? Optional.empty()
                : Optional.of(parameters.over(workspace.allocate(
                        device.activationType(), parameters.flat().elements())));
    }

    /** Bytes of it. */
    static long bytes(DType activations, long elements) {
        return activations == DType.F32 ? 0 : activations.bytes(elements);
    }
}
