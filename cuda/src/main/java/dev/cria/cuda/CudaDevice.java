package dev.cria.cuda;

import dev.cria.cuda.compile.DiskCache;
import dev.cria.cuda.driver.CardProperties;
import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.cuda.fp8.Fp8Kernels;
import dev.cria.cuda.fp8.ObservedWorkspace;
import dev.cria.cuda.gemm.Gemm;
import dev.cria.cuda.kernels.CudaKernels;
import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.LaunchProfile;
import dev.cria.tensor.CheckedKernels;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RepeatedWork;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.Precision;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One NVIDIA GPU. Kernels are started and run beside the host, in the order they were started; {@link #download} and {@link #synchronize} wait
 * for them. One thread at a time uses a device and its kernels; it need not always be the same.
 */
public final class CudaDevice implements Device {
    private static final System.Logger LOG = System.getLogger(CudaDevice.class.getName());

    /** Compiled kernels of some versions and cards. */
    private static final long CACHE_BYTES = 256L << 20;

    /** The products of fewer rows leave multiprocessors of a large GPU idle. */
    private static final int PROMPT_TOKENS = 2048;

    private final CudaOptions options;
    private final Cuda cuda;
    private final Gemm gemm;
    private final CudaKernels kernels;
    private final Kernels checked;
    private final Optional<Fp8Kernels> fp8;
    private boolean closed;

    private CudaDevice(CudaOptions options) {
        this.options = options;
        this.cuda = Cuda.open(
                LibrarySearch.of(options.libraries()),
                options.ordinal(),
                new DiskCache(options.cache(), CACHE_BYTES),
                options.debugging());
        try {
            if (options.precision() == Precision.FP8) {
                Fp8Kernels.require(cuda.card());
            }
            this.gemm = new Gemm(cuda, options.timing());
            this.kernels = new CudaKernels(
                    cuda, gemm, activationType(), options.tensorFloat(), options.attention(), options.timing());
            this.fp8 = options.precision() == Precision.FP8
                    ? Optional.of(new Fp8Kernels(cuda, gemm, kernels))
                    : Optional.empty();
        } catch (RuntimeException e) {
            cuda.close();
            throw e;
        }
        this.checked = new CheckedKernels(fp8.<Kernels>map(products -> products).orElse(kernels), DType.BF16);
        if (options.profiling()) {
            cuda.startProfile();
        }
        if (options.wholeSources()) {
            cuda.modules().compileWholeSources();
        }
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
        return options.precision() == Precision.F32 ? DType.F32 : DType.BF16;
    }

    @Override
    public List<String> decisions() {
        CardProperties card = cuda.card();
        List<String> decisions = new ArrayList<>();
        decisions.add("GPU " + options.ordinal() + ": " + card.name() + ", " + (card.totalBytes() >> 20) + " MiB, "
                + card.multiprocessors() + " multiprocessors");
        decisions.add("driver: " + cuda.driver().library().where() + ", for CUDA "
                + cuda.driver().version() / 1000 + "." + cuda.driver().version() % 1000 / 10);
        decisions.add("kernels: compiled for " + cuda.compiler().architecture().option() + " by "
                + cuda.compiler().description() + ", kept in "
                + cuda.compiler().cache().folder());
        decisions.add("products: cuBLASLt, " + gemm.description() + ", "
                + switch (options.precision()) {
                    case BF16 -> "bf16";
                    case FP8 -> "fp8 in a model's layers, bf16 in its output head and in adapters";
                    case F32 -> options.tensorFloat() ? "float32 rounded to TF32" : "float32";
                }
                + ", algorithms " + (options.timing() ? "tried on first use and kept" : "not tried"));
        decisions.addAll(kernels.decisions());
        if (options.debugging()) {
            decisions.add("debugging: every kernel is waited for; unset CRIA_CUDA_DEBUG for speed");
        }
        return List.copyOf(decisions);
    }

    @Override
    public int tokensAtOnce() {
        return PROMPT_TOKENS;
    }

    @Override
    public OptionalLong freeBytes() {
        return OptionalLong.of(cuda.freeBytes());
    }

    @Override
    public OptionalLong totalBytes() {
        return OptionalLong.of(cuda.memory().totalBytes());
    }

    @Override
    public Kernels kernels() {
        return checked;
    }

    @Override
    public Workspace workspace() {
        Workspace workspace = cuda.workspace();
        return fp8.<Workspace>map(products -> new ObservedWorkspace(workspace, products::written))
                .orElse(workspace);
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
        fp8.ifPresent(products -> products.written(to));
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
    public RepeatedWork repeated(Runnable work) {
        RepeatedWork repeated = cuda.repeated(work);
        return fp8.<RepeatedWork>map(products -> products.watching(repeated)).orElse(repeated);
    }

    /** How long each kernel takes, measured from the first call of this on. */
    public LaunchProfile profile() {
        return cuda.startProfile();
    }

    private void logProfile() {
        try {
            LOG.log(
                    System.Logger.Level.INFO,
                    "time on the GPU by kernel:\n{0}",
                    profile().table());
        } catch (CudaException e) {
            LOG.log(System.Logger.Level.WARNING, "no times by kernel: {0}", e.getMessage());
        }
    }

    @Override
    public void synchronize() {
        cuda.synchronize();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (options.profiling()) {
                logProfile();
            }
            kernels.close();
            gemm.close();
            cuda.close();
        }
    }
}
