package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.CudaKernel;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;

/**
 * Looking up rows of a table and the table's gradient: {@code embedding.cu}; tables in blocks: {@code dequantise.cu}. An id that the table does not have
 * gives zeros, and an {@link IndexOutOfBoundsException} where the GPU is next waited for.
 */
final class EmbeddingKernels {
    /** CHUNK and DIGITS of the source, and the bits of a digit. */
    private static final int CHUNK = 1024;

    private static final int DIGITS = 256;
    private static final int DIGIT_BITS = 8;

    /** Elements that a thread copies at once. */
    private static final int COPIED = 4;

    private static final int SUM_THREADS = 1024;
    private static final int MOST_THREADS = 512;

    private final Cuda cuda;

    EmbeddingKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    /** See {@link dev.cria.tensor.Kernels#embedding}. */
    void forward(Tensor y, Tensor weight, Tensor ids) {
        if (weight.dtype().isQuantised()) {
            long octets = Launches.columns(weight) / Formats.OCTET;
            cuda.modules()
                    .of("dequantise", DType.F32)
                    .kernel("dequantise_rows")
                    .call()
                    .tensor(y)
                    .int32(Formats.plain(y.dtype()))
                    .tensor(weight)
                    .int32(Formats.quantised(weight))
                    .tensor(ids)
                    .int32(octets)
                    .int32(weight.dim(0))
                    .int32(Launches.flag(Launches.aligned(y)))
                    .pointer(cuda.indexFault().address())
                    .launch(ids.elements(), Launches.threads(octets, Launches.THREADS));
            return;
        }
        long D = Launches.columns(weight);
        boolean wide = D % COPIED == 0 && Launches.aligned(y, weight);
        kernel("embedding", y.dtype())
                .call()
                .tensor(y)
                .tensor(weight)
                .int32(Formats.plain(weight.dtype()))
                .tensor(ids)
                .int32(D)
                .int32(weight.dim(0))
                .int32(Launches.flag(wide))
                .pointer(cuda.indexFault().address())
                .launch(ids.elements(), Launches.threads(wide ? D / COPIED : D, MOST_THREADS));
    }

    /** See {@link dev.cria.tensor.Kernels#embeddingBackward}. */
    void backward(Tensor dWeight, Tensor dy, Tensor ids) {
        int N = Math.toIntExact(ids.elements());
        int D = Math.toIntExact(Launches.columns(dWeight));
        int V = dWeight.size(0);
        if (N == 0) {
            return;
        }
        Sorted sorted = sort(ids, N, V, dy.dtype());
        int width = Launches.width(dy.dtype());
        boolean wide = D % width == 0 && Launches.aligned(dWeight, dy);
        kernel(wide ? "embedding_backward" : "embedding_backward_any", dy.dtype())
                .call()
                .tensor(dWeight)
                .tensor(dy)
                .pointer(sorted.keys())
                .pointer(sorted.order())
                .int32(N)
                .int32(D)
                .int32(V)
                .launch(N, Launches.threads(wide ? D / width : D, MOST_THREADS));
    }

    /** Addresses of the ids in ascending order and of the places they come from. */
    private record Sorted(long keys, long order) {}

    private Sorted sort(Tensor ids, int N, int V, DType type) {
        int blocks = Math.ceilDiv(N, CHUNK);
        long bytes = DType.I32.bytes(N);
        Scratch arrays = cuda.scratch("sorted ids", 4 * bytes);
        Scratch counts = cuda.scratch("counts of digits", DType.I32.bytes((long) DIGITS * blocks));
        Sorted from = new Sorted(arrays.address(), arrays.address() + bytes);
        Sorted to = new Sorted(arrays.address() + 2 * bytes, arrays.address() + 3 * bytes);
        kernel("begin_order", type)
                .call()
                .pointer(from.keys())
                .pointer(from.order())
                .tensor(ids)
                .int32(N)
                .int32(V)
                .pointer(cuda.indexFault().address())
                .launch(Math.ceilDiv(N, Launches.THREADS), Launches.THREADS);
        for (int shift = 0; shift < Integer.SIZE && V >>> shift != 0; shift += DIGIT_BITS) {
            kernel("count_digits", type)
                    .call()
                    .scratch(counts)
                    .pointer(from.keys())
                    .int32(N)
                    .int32(shift)
                    .launch(blocks, DIGITS);
            kernel("sum_counts", type)
                    .call()
                    .scratch(counts)
                    .int32(DIGITS * blocks)
                    .launch(1, SUM_THREADS);
            kernel("place_digits", type)
                    .call()
                    .pointer(to.keys())
                    .pointer(to.order())
                    .pointer(from.keys())
                    .pointer(from.order())
                    .scratch(counts)
                    .int32(N)
                    .int32(shift)
                    .launch(blocks, DIGITS);
            Sorted sorted = to;
            to = from;
            from = sorted;
        }
        return from;
    }

    private CudaKernel kernel(String name, DType activation) {
        return cuda.modules().of("embedding", activation).kernel(name);
    }
}
