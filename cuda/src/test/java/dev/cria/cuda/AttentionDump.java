package dev.cria.cuda;

import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.HostTensor;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.Precision;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Attention and its gradient on random inputs as files, for another program to judge: bench/peers/attention_torch.py. Arguments: FOLDER B T H
 * K E. Writes {@code qkv}, {@code dout}, {@code out}, {@code dqkv} in bf16, row after row, and {@code logsumexp} in float32.
 */
public final class AttentionDump {
    private AttentionDump() {}

    public static void main(String[] args) throws IOException {
        Path folder = Files.createDirectories(Path.of(args[0]));
        int B = Integer.parseInt(args[1]);
        int T = Integer.parseInt(args[2]);
        int H = Integer.parseInt(args[3]);
        int K = Integer.parseInt(args[4]);
        int E = Integer.parseInt(args[5]);
        long rows = (long) B * T;
        try (Device device = CudaDevice.open(GpuUnderTest.options().withPrecision(Precision.BF16));
                Workspace workspace = device.workspace()) {
            Tensor qkv = random(device, workspace, 1, rows, H + 2L * K, E);
            Tensor dOut = random(device, workspace, 2, rows, H, E);
            Tensor out = workspace.allocate(DType.BF16, rows, H, E);
            Tensor logSumExp = workspace.allocate(DType.F32, B, H, T);
            Tensor dQkv = workspace.allocate(DType.BF16, rows, H + 2L * K, E);
            device.kernels().attention(out, logSumExp, qkv, B, T, H, K);
            device.kernels().attentionBackward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K);
            write(device, qkv, folder.resolve("qkv"));
            write(device, dOut, folder.resolve("dout"));
            write(device, out, folder.resolve("out"));
            write(device, logSumExp, folder.resolve("logsumexp"));
            write(device, dQkv, folder.resolve("dqkv"));
        }
    }

    private static Tensor random(Device device, Workspace workspace, long seed, long... dims) {
        Tensor narrow = workspace.allocate(DType.BF16, dims);
        try (Workspace passing = device.workspace()) {
            device.kernels().convert(narrow, HostTensor.normal(seed, dims).on(device, passing));
        }
        return narrow;
    }

    private static void write(Device device, Tensor tensor, Path file) throws IOException {
        Files.write(file, HostTensor.from(device, tensor).data().toArray(ValueLayout.JAVA_BYTE));
    }
}
