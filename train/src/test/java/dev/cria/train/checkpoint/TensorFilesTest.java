package dev.cria.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.model.LlamaConfig;
import dev.cria.model.ParameterSet;
import dev.cria.tensor.Device;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorFilesTest {
    @TempDir
    Path folder;

    /** A map without an order of its own has another one in every process. */
    @Test
    void theSameSetsGiveTheSameBytesInWhateverOrderTheyCome() {
        try (Device device = CpuDevice.open(CpuOptions.defaults());
                Workspace workspace = device.workspace()) {
            ParameterSet first = ParameterSet.allocate(workspace, LlamaConfig.preset("tiny"));
            ParameterSet second = ParameterSet.allocate(workspace, LlamaConfig.preset("tiny"));
            device.kernels().fill(second.flat(), 2);
            Map<String, ParameterSet> there = new LinkedHashMap<>();
            there.put("exp_avg", first);
            there.put("exp_avg_sq", second);
            Map<String, ParameterSet> back = new LinkedHashMap<>();
            back.put("exp_avg_sq", second);
            back.put("exp_avg", first);
            TensorFiles.write(folder.resolve("there"), there, device);
            TensorFiles.write(folder.resolve("back"), back, device);
            assertThat(folder.resolve("back")).hasSameBinaryContentAs(folder.resolve("there"));
        }
    }
}
