package dev.cria.cuda;

import dev.cria.tensor.Device;
import dev.cria.tensor.DeviceName;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;

/** Opens devices by their names. */
public final class Devices {
    private Devices() {}

    /**
     * Opens a device.
     *
     * @param cpu how the CPU is opened, if that is meant
     * @param training the precision that a GPU trains in, if one is meant; running a model does not depend on it
     * @throws dev.cria.base.UserError if it is not there, or lacks something; the message says what
     */
    public static Device open(DeviceName name, CpuOptions cpu, Precision training) {
        return name.isGpu()
                ? CudaDevice.open(
                        CudaOptions.defaults().withOrdinal(name.ordinal()).withPrecision(training))
                : CpuDevice.open(cpu);
    }
}
