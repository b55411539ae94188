package dev.cria.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.cuda.CudaDevice;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.HostTensor;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Indices outside their tables: told where the GPU is next waited for, once, and nothing is read or written outside. */
class IndexFaultTest {
    private static final int ROWS = 3;
    private static final int COLUMNS = 32;

    private Device device;
    private Workspace workspace;

    @BeforeEach
    void open() {
        device = CudaDevice.open(GpuUnderTest.options());
        workspace = device.workspace();
    }

    @AfterEach
    void close() {
        if (device != null) {
            workspace.close();
            device.close();
        }
    }

    private Tensor on(HostTensor tensor) {
        return tensor.on(device, workspace);
    }

    @Test
    void everyOperationTellsAndGoesOn() {
        Tensor rows = on(HostTensor.normal(1, ROWS, COLUMNS));
        Tensor table = on(HostTensor.normal(2, 5, COLUMNS));
        Tensor blocks = workspace.allocate(DType.Q8_0, 5, COLUMNS);
        Tensor losses = on(HostTensor.zeros(ROWS));
        Tensor weights = on(HostTensor.normal(3, ROWS));
        Tensor heads = on(HostTensor.normal(4, ROWS, 2, 16));
        Tensor angles = on(HostTensor.normal(5, 5, 8));
        Map<String, Consumer<Tensor>> operations = Map.of(
                "embedding", ids -> kernels().embedding(rows, table, ids),
                "embedding of blocks", ids -> kernels().embedding(rows, blocks, ids),
                "embeddingBackward", ids -> kernels().embeddingBackward(table, rows, ids),
                "rope", ids -> kernels().rope(heads, 2, ids, angles, angles, false),
                "crossEntropy", ids -> kernels().crossEntropy(losses, rows, ids, weights, 1),
                "negativeLogLikelihood", ids -> kernels().negativeLogLikelihood(losses, rows, ids));
        for (int bad : new int[] {-2, 32, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            operations.forEach((name, operation) -> {
                Tensor ids = on(HostTensor.ints(ROWS, n -> n == 1 ? bad : n));
                operation.accept(ids);
                assertThatThrownBy(device::synchronize)
                        .as("%s of %s", name, bad)
                        .isInstanceOf(IndexOutOfBoundsException.class)
                        .hasMessageContaining("index " + bad);
                assertThatCode(device::synchronize).doesNotThrowAnyException();
            });
        }
    }

    @Test
    void theOtherRowsAreDone() {
        Tensor table = on(HostTensor.normal(2, 5, COLUMNS));
        Tensor rows = on(HostTensor.normal(1, ROWS, COLUMNS));
        kernels().embedding(rows, table, on(HostTensor.ints(ROWS, n -> n == 1 ? 5 : 4)));
        HostTensor copy = HostTensor.zeros(ROWS, COLUMNS);
        assertThatThrownBy(() -> device.download(rows, copy.data())).isInstanceOf(IndexOutOfBoundsException.class);
        float[] values = HostTensor.from(device, rows).toFloats();
        float[] expected = HostTensor.from(device, table).toFloats();
        for (int i = 0; i < COLUMNS; i++) {
            assertThat(values[i]).isEqualTo(expected[4 * COLUMNS + i]);
            assertThat(values[COLUMNS + i]).isZero();
        }
    }

    private Kernels kernels() {
        return device.kernels();
    }
}
