package dev.cria.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * One call of one operation on given arguments. Outputs are among the arguments; all of them are compared afterwards, so a kernel that writes
 * where it should not is found too.
 *
 * @param matrix whether the result goes through matrix products, whose precision is the device's
 */
public record KernelCase(String name, boolean matrix, Operation operation, Supplier<HostTensor[]> arguments) {
    /** The call under test. */
    @FunctionalInterface
    public interface Operation {
        void run(Kernels kernels, Tensor[] arguments);
    }

    /** Runs the operation on a device; gives all arguments as they are afterwards. */
    public List<HostTensor> run(Device device) {
        try (Workspace workspace = device.workspace()) {
            Tensor[] tensors = Arrays.stream(arguments.get())
                    .map(argument -> argument.on(device, workspace))
                    .toArray(Tensor[]::new);
            operation.run(device.kernels(), tensors);
            device.synchronize();
            return Arrays.stream(tensors)
                    .map(tensor -> HostTensor.from(device, tensor))
                    .toList();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
