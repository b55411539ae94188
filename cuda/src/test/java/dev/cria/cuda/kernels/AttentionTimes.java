package dev.cria.cuda.kernels;

import dev.cria.base.UserError;
import dev.cria.cuda.CudaOptions;
import dev.cria.cuda.compile.DiskCache;
import dev.cria.cuda.cudnn.CudnnAttention;
import dev.cria.cuda.driver.Event;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Times attention of bf16 training on a GPU: Cria's kernels, cuDNN's with ordered sums and with unordered ones. Arguments are shapes
 * {@code B,T,H,K,E}; TFLOP/s count the causal half of two products forward and five backward.
 */
public final class AttentionTimes {
    private static final int REPETITIONS = 20;

    private AttentionTimes() {}

    /** Prints a table. */
    public static void main(String[] shapes) {
        CudaOptions options = CudaOptions.defaults();
        LibrarySearch libraries = LibrarySearch.of(options.libraries());
        PrintStream out = System.out;
        try (Cuda cuda = Cuda.open(libraries, 0, new DiskCache(options.cache(), 256L << 20), false)) {
            out.println(cuda.card().name());
            for (String shape : shapes) {
                out.println(shape);
                time(cuda, "Cria's", new AttentionKernels(cuda), shape, out);
                for (boolean ordered : new boolean[] {true, false}) {
                    cudnn(cuda, ordered, shape, out);
                }
            }
        }
    }

    private static void cudnn(Cuda cuda, boolean ordered, String shape, PrintStream out) {
        String name = ordered ? "cuDNN's, ordered" : "cuDNN's, unordered";
        try {
            var found = CudnnAttention.open(cuda, ordered);
            if (found.isEmpty()) {
                out.println("  " + name + ": not installed");
                return;
            }
            try (TrainingAttention.ByLibrary library = TrainingAttention.of(found.get())) {
                time(cuda, name + " " + library.description(), library, shape, out);
            }
        } catch (UserError e) {
            out.println("  " + name + ": " + e.getMessage());
        }
    }

    private static void time(Cuda cuda, String name, TrainingAttention who, String shape, PrintStream print) {
        String[] sizes = shape.split(",", 5);
        int B = Integer.parseInt(sizes[0]);
        int T = Integer.parseInt(sizes[1]);
        int H = Integer.parseInt(sizes[2]);
        int K = Integer.parseInt(sizes[3]);
        int E = Integer.parseInt(sizes[4]);
        long rows = (long) B * T;
        try (Workspace workspace = cuda.workspace()) {
            Tensor qkv = workspace.allocate(DType.BF16, rows, H + 2 * K, E);
            Tensor out = workspace.allocate(DType.BF16, rows, H, E);
            Tensor dOut = workspace.allocate(DType.BF16, rows, H, E);
            Tensor dQkv = workspace.allocate(DType.BF16, rows, H + 2 * K, E);
            Tensor logSumExp = workspace.allocate(DType.F32, B, H, T);
            AttentionCheck.random(cuda, qkv, 1);
            AttentionCheck.random(cuda, dOut, 2);
            float forward = milliseconds(cuda, () -> who.forward(out, logSumExp, qkv, B, T, H, K));
            float backward = milliseconds(cuda, () -> who.backward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K));
            double product = (double) B * H * T * T * E / 1e9;
            print.printf(
                    Locale.ROOT,
                    "  %s: forward %.3f ms, %.0f TFLOP/s; backward %.3f ms, %.0f TFLOP/s%n",
                    name,
                    forward,
                    2 * product / forward,
                    backward,
                    5 * product / backward);
        }
    }

    private static float milliseconds(Cuda cuda, Runnable work) {
        work.run();
        try (Event start = cuda.timer();
                Event end = cuda.timer()) {
            start.record(cuda.stream());
            for (int i = 0; i < REPETITIONS; i++) {
                work.run();
            }
            end.record(cuda.stream());
            end.synchronize();
            return end.millisecondsSince(start) / REPETITIONS;
        }
    }
}
