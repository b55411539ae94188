package dev.cria.cuda.kernels;

import dev.cria.cuda.cudnn.CudnnAttention;
import dev.cria.tensor.Tensor;

/** Attention of training as someone computes it: see {@link dev.cria.tensor.Kernels#attention}. */
interface TrainingAttention {
    void forward(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K);

    /** Assigns dQkv. */
    void backward(Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K);

    /** What a library does, which says which one it is and is closed. */
    interface ByLibrary extends TrainingAttention, AutoCloseable {
        String description();

        @Override
        void close();
    }

    /** cuDNN's. */
    static ByLibrary of(CudnnAttention library) {
        return new ByLibrary() {
            @Override
            public void forward(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
                library.forward(out, logSumExp, qkv, B, T, H, K);
            }

            @Override
            public void backward(
                    Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
                library.backward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K);
            }

            @Override
            public String description() {
                return library.description();
            }

            @Override
            public void close() {
                library.close();
            }
        };
    }
}
