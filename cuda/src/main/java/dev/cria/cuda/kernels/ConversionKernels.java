package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.quant.BlockFormats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Conversions between element types: {@code convert.cu}, from blocks {@code dequantise.cu}. Quantising goes through the host: it happens once a weight, and
 * its searches are no work for a GPU.
 */
final class ConversionKernels {
    private final Cuda cuda;

    ConversionKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    /** See {@link dev.cria.tensor.Kernels#convert}. */
    void convert(Tensor to, Tensor from) {
        if (to.elements() == 0) {
            return;
        }
        if (to.dtype() == from.dtype()) {
            cuda.copy(to.data().address(), from.data().address(), from.byteSize());
        } else if (to.dtype().isQuantised()) {
            quantise(to, from.dtype() == DType.F32 ? from : widened(from));
        } else if (from.dtype().isQuantised()) {
            dequantise(to, from);
        } else {
            boolean wide = Launches.aligned(to, from);
            cuda.modules()
                    .of("convert", DType.F32)
                    .kernel("convert")
                    .call()
                    .tensor(to)
                    .int32(Formats.plain(to.dtype()))
                    .tensor(from)
                    .int32(Formats.plain(from.dtype()))
                    .int64(from.elements())
                    .int32(Launches.flag(wide))
                    .launch(Launches.blocks(from.elements(), Launches.width(DType.F32), wide), Launches.THREADS);
        }
    }

    private void dequantise(Tensor to, Tensor from) {
        long octets = from.elements() / Formats.OCTET;
        cuda.modules()
                .of("dequantise", DType.F32)
                .kernel("dequantise")
                .call()
                .tensor(to)
                .int32(Formats.plain(to.dtype()))
                .tensor(from)
                .int32(Formats.quantised(from))
                .int64(octets)
                .int32(Launches.flag(Launches.aligned(to)))
                .launch(Math.ceilDiv(octets, Launches.THREADS), Launches.THREADS);
    }

    private Tensor widened(Tensor from) {
        long bytes = DType.F32.bytes(from.elements());
        Tensor wide = Launches.tensor(cuda.scratch("weights to quantise", bytes), DType.F32, from.elements());
        convert(wide, from);
        return wide;
    }

    private void quantise(Tensor to, Tensor floats) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(floats.byteSize());
            MemorySegment blocks = arena.allocate(to.byteSize());
            cuda.download(floats.data().address(), values);
            BlockFormats.of(to.dtype()).quantise(values, 0, blocks, 0, floats.elements());
            cuda.upload(blocks, to.data().address());
        }
    }
}
