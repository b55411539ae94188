package dev.cria.train.checkpoint;

import dev.cria.base.UserError;
import dev.cria.model.TrainableParameters;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.model.safetensors.SafetensorsWriter;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code optimizer.safetensors}: sets of float32 tensors in the layout of the parameters, named {@code <set>.<parameter>}. Written straight
 * from and read straight into their own memory, so that no second copy is ever made.
 */
public final class TensorFiles {
    private TensorFiles() {}

    /** Writes sets in the order of their names, so that the same sets give the same bytes; {@link SafetensorsWriter#write} says what it throws. */
    public static void write(Path file, Map<String, ? extends TrainableParameters> sets, Device device) {
        SafetensorsWriter writer = new SafetensorsWriter();
        new TreeMap<>(sets).forEach((set, parameters) -> {
            for (String name : parameters.names()) {
                writer.add(set + "." + name, parameters.tensor(name), DType.F32, device);
            }
        });
        writer.write(file);
    }

    /**
     * Fills sets from a file.
     *
     * @throws UserError if a tensor is missing or not float32 of the same shape
     */
    public static void read(Path file, Map<String, ? extends TrainableParameters> sets, Device device) {
        try (Safetensors tensors = Safetensors.open(file)) {
            sets.forEach((set, parameters) -> {
                for (String name : parameters.names()) {
                    Tensor from = tensors.tensor(set + "." + name);
                    Tensor to = parameters.tensor(name);
                    if (from.dtype() != DType.F32 || !Arrays.equals(from.dims(), to.dims())) {
                        throw new UserError(
                                file + ": tensor '" + set + "." + name + "' is " + from + ", the model needs " + to,
                                "resume with the recipe that the checkpoint was made with");
                    }
                    device.upload(from.data(), to);
                }
            });
        }
    }
}
