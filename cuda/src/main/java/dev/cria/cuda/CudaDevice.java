package dev.cria.cuda;

import dev.cria.cuda.compile.DiskCache;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.cuda.kernels.CudaKernels;
import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.CheckedKernels;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.Precision;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One NVIDIA GPU. Kernels are started and run beside the host, in the order they were started; {@link #download} and {@link #synchronize} wait
 * for them.
 */
public final class CudaDevice implements Device {
    /** Compiled kernels of some versions and cards. */
    private static final long CACHE_BYTES = 256L << 20;

    private final CudaOptions options;
    private final Cuda cuda;
    private final CudaKernels kernels;
    private final Kernels checked;

    private CudaDevice(CudaOptions options) {
        this.options = options;
        this.cuda = Cuda.open(
                LibrarySearch.of(options.libraries()),
                options.ordinal(),
                new DiskCache(options.cache(), CACHE_BYTES),
                options.debugging());
        this.kernels = new CudaKernels(cuda);
        this.checked = new CheckedKernels(kernels, DType.BF16);
    }

    /**
     * Opens a GPU.
     *
     * @throws dev.cria.base.UserError if a library, the driver or the GPU is missing or too old; the message says where was looked
     */
    public static CudaDevice open(CudaOptions options) {
        return new CudaDevice(options);
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public DType activationType() {
        return options.precision() == Precision.BF16 ? DType.BF16 : DType.F32;
    }

    @Override
    public List<String> decisions() {
        return List.of("GPU " + options.ordinal() + ": " + cuda.card().name());
    }

    @Override
    public Kernels kernels() {
        return checked;
    }

    @Override
    public Workspace workspace() {
        return cuda.workspace();
    }

    @Override
    public Tensor adopt(Tensor host, Workspace workspace) {
        Tensor copy = workspace.allocate(host.dtype(), host.dims());
        upload(host.data(), copy);
        return copy;
    }

    @Override
    public void upload(MemorySegment host, Tensor to) {
        requireSize(host, to);
        cuda.upload(host, to.data().address());
    }

    @Override
    public void download(Tensor from, MemorySegment host) {
        requireSize(host, from);
        cuda.download(from.data().address(), host);
    }

    private static void requireSize(MemorySegment host, Tensor tensor) {
        if (host.byteSize() != tensor.byteSize()) {
            throw new IllegalArgumentException(
                    "host memory of " + host.byteSize() + " bytes for " + tensor + " of " + tensor.byteSize());
        }
        if (!tensor.data().scope().isAlive()) {
            throw new IllegalStateException(tensor + " was used after its memory was freed");
        }
    }

    @Override
    public void synchronize() {
        cuda.synchronize();
    }

    @Override
    public void close() {
        cuda.close();
    }
}
