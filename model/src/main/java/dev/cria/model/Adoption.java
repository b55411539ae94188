package dev.cria.model;

import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.HashMap;
import java.util.Map;

/**
 * The weights of a mapped file where a device reads them: in the file itself on a CPU, elsewhere copied once each into the device's memory. The
 * pages of what was copied are let go of, so that the file is not held a second time.
 */
record Adoption(Device device, Workspace workspace, Map<Long, Tensor> adopted) {
    Adoption(Device device, Workspace workspace) {
        this(device, workspace, new HashMap<>());
    }

    /** A weight in any type; the same tensor again where it is asked for again. */
    Tensor matrix(Tensor stored) {
        return adopted.computeIfAbsent(stored.data().address(), _ -> {
            Tensor tensor = device.adopt(stored, workspace);
            boolean copied = tensor.data().address() != stored.data().address();
            if (copied && stored.data().isMapped()) {
                stored.data().unload();
            }
            return tensor;
        });
    }

    /** A small weight, kept in float32. */
    Tensor norm(Tensor stored) {
        Tensor norm = workspace.allocate(DType.F32, stored.dim(0));
        device.kernels().convert(norm, device.adopt(stored, workspace));
        return norm;
    }
}
