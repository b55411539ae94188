package dev.cria.model.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LmHeadTest {
    private static final int N = 23;
    private static final int D = 9;
    private static final int V = 31;

    private record Result(float[] losses, float[] dX, float[] dWeight, float[] nll) {}

    @ParameterizedTest
    @EnumSource(Tier.class)
    void chunksGiveWhatTheWholeGives(Tier tier) {
        try (Device device = CpuDevice.open(new CpuOptions(2, Precision.F32, tier))) {
            Result whole = run(device, N);
            for (int chunk : new int[] {1, 7, 22, 64}) {
                Result parts = run(device, chunk);
                assertThat(parts.losses).containsExactly(whole.losses, Offset.offset(1e-6f));
                assertThat(parts.dX).containsExactly(whole.dX, Offset.offset(1e-6f));
                assertThat(parts.dWeight).containsExactly(whole.dWeight, Offset.offset(1e-5f));
                assertThat(parts.nll).containsExactly(whole.nll, Offset.offset(1e-6f));
            }
        }
    }

    /** 32,768 tokens in memory for 10,485 rows of logits: four chunks of one size, not three and a small one. */
    @Test
    void chunksOfAWideDeviceAreEven() {
        assertThat(LmHead.fittingTokens(32_000, 32_000L * 10_485, 512, 32_768)).isEqualTo(8_192);
        assertThat(LmHead.fittingTokens(32_000, 32_000L * 100, 512, 32_768)).isEqualTo(512);
        assertThat(LmHead.fittingTokens(320, 1 << 20, 64, 51)).isEqualTo(51);
        assertThat(LmHead.fittingTokens(320, 320 * 70, 64, 100)).isEqualTo(64);
    }

    private static Result run(Device device, int chunk) {
        SplittableRandom random = new SplittableRandom(4);
        try (Workspace workspace = device.workspace()) {
            Tensor weight = random(workspace, random, V, D);
            Tensor x = random(workspace, random, N, D);
            Tensor weights = random(workspace, random, N);
            Tensor targets = workspace.allocate(DType.I32, N);
            for (int n = 0; n < N; n++) {
                targets.setInt(n, random.nextInt(-1, V));
            }
            Tensor losses = workspace.allocate(DType.F32, N);
            Tensor dX = workspace.allocate(DType.F32, N, D);
            Tensor dWeight = workspace.allocate(DType.F32, V, D);
            Tensor logits = workspace.allocate(DType.F32, chunk, V);
            LmHead head = new LmHead(device.kernels(), new TrainedLinear(device.kernels(), weight, dWeight));
            head.forwardBackward(losses, dX, x, targets, weights, logits, 0.5f);
            Tensor nll = workspace.allocate(DType.F32, N);
            head.negativeLogLikelihood(nll, x, targets, logits);
            return new Result(losses.toFloats(), dX.toFloats(), dWeight.toFloats(), nll.toFloats());
        }
    }

    private static Tensor random(Workspace workspace, SplittableRandom random, long... dims) {
        Tensor tensor = workspace.allocate(DType.F32, dims);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, (float) random.nextDouble(-1, 1));
        }
        return tensor;
    }

    @Test
    void chunksAreBoundedInMemoryAndNeverEmpty() {
        assertThat(LmHead.chunkTokens(32000, 2048)).isEqualTo(512);
        assertThat(LmHead.chunkTokens(32000, 100)).isEqualTo(100);
        assertThat(LmHead.chunkTokens(512, 2048)).isEqualTo(2048);
        assertThat(LmHead.chunkTokens(16_000_000, 2048)).isEqualTo(64);
    }
}
