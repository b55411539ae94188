package dev.cria.tensor.cpu;

import dev.cria.base.UserError;
import dev.cria.tensor.Kernels;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The one place that chooses kernels for this machine, and says why: every choice and refusal is a line with its reason and its mend. */
final class CpuGate implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.cria.tensor.cpu");

    private final List<String> decisions = new ArrayList<>();
    private final Optional<WorkerPool> pool;
    private final Kernels kernels;

    private CpuGate(CpuOptions options) {
        requireNativeAccess();
        if (options.precision() == Precision.FP8) {
            throw new UserError(
                    "matrix products in fp8 need a GPU, and this is a CPU device",
                    "say --device cuda, or take precision f32 or bf16");
        }
        Tier tier = tier(options);
        if (tier == Tier.SCALAR) {
            refuseBFloat16(options, "the scalar kernels compute in float32 only");
            decide("kernels: scalar on one thread, the reference");
            pool = Optional.empty();
            kernels = new ScalarKernels();
            return;
        }
        decide("kernels: Vector API, " + Vectors.SPECIES.vectorBitSize() + "-bit vectors, " + options.threads()
                + (options.threads() == 1 ? " thread" : " threads"));
        WorkerPool workers = new WorkerPool(options.threads());
        pool = Optional.of(workers);
        boolean chosen = false;
        try {
            kernels = kernels(options, tier, workers);
            chosen = true;
        } finally {
            if (!chosen) {
                workers.close();
            }
        }
    }

    private Kernels kernels(CpuOptions options, Tier tier, WorkerPool workers) {
        if (tier == Tier.VECTOR) {
            refuseBFloat16(options, "native matrix products are switched off");
            decide("native matrix products: not used, because the highest tier is set to vector; unset "
                    + CpuOptions.TIER_VARIABLE + " to use them");
            Gemm leaf = new VectorGemm();
            Gemm float32 = new ParallelGemm(workers, leaf);
            QuantProjection projection = new QuantProjection(
                    workers, Optional.empty(), Optional.empty(), new FloatProjection(workers, float32, leaf));
            return new VectorKernels(
                    workers,
                    float32,
                    new VectorRows(),
                    projection,
                    new FrozenProjection(workers, float32, leaf, projection, Optional.empty()),
                    new GemmAttention(leaf),
                    new CachedAttention(workers, Optional.empty(), new GemmAttention(leaf)));
        }
        Gemm leaf = float32Leaf();
        LeafLibrary library = LeafLibrary.open();
        Gemm float32 = float32Products(workers, leaf, library);
        MatrixEngine engine = MatrixEngine.detect(library);
        decide("matrix engine: " + engine.reason());
        ByteEngine bytes = ByteEngine.detect(library);
        decide("quantised weights: " + bytes.reason());
        QuantProjection projection =
                new QuantProjection(workers, bytes.leaf(), engine.leaf(), new FloatProjection(workers, float32, leaf));
        RowKernels rows = library.avx512().<RowKernels>map(LeafRows::new).orElseGet(VectorRows::new);
        if (options.precision() == Precision.F32) {
            decide("matrix products: float32, the default"
                    + (engine.leaf().isPresent() ? "; bf16 is faster here" : ""));
            HeadAttention heads = attention(leaf, library);
            return new VectorKernels(
                    workers,
                    float32,
                    rows,
                    projection,
                    new FrozenProjection(workers, float32, leaf, projection, Optional.empty()),
                    heads,
                    new CachedAttention(workers, bytes.leaf(), heads));
        }
        if (engine.leaf().isEmpty()) {
            throw refusal(engine.reason());
        }
        decide("matrix products: bf16 operands, float32 sums");
        AmxLeaf amx = engine.leaf().get();
        Gemm products = new AmxMatMul(amx, workers, float32);
        HeadAttention heads = attention(new AmxGemm(amx), library);
        return new VectorKernels(
                workers,
                products,
                rows,
                projection,
                new FrozenProjection(workers, products, leaf, projection, engine.leaf()),
                heads,
                new CachedAttention(workers, bytes.leaf(), heads));
    }

    private Gemm float32Products(WorkerPool workers, Gemm leaf, LeafLibrary library) {
        Gemm parallel = new ParallelGemm(workers, leaf);
        Optional<Avx512Leaf> avx512 = library.avx512().map(Avx512Leaf::new);
        avx512.ifPresent(found -> decide("gradients of weights in float32: Cria's own leaf for AVX-512"));
        return avx512.isPresent() ? new Avx512MatMul(avx512.get(), workers, parallel) : parallel;
    }

    private HeadAttention attention(Gemm leaf, LeafLibrary library) {
        HeadAttention products = new GemmAttention(leaf);
        Optional<HeadAttention> fused = library.avx512().map(symbols -> new FusedAttention(symbols, products));
        decide("attention: "
                + (fused.isPresent()
                        ? "fused, float32 with AVX-512"
                        : "by matrix products; the fused one is for Linux on x86-64 with AVX-512"));
        return fused.orElse(products);
    }

    private Gemm float32Leaf() {
        try {
            Optional<Gemm> library = OneDnnGemm.open();
            if (library.isPresent()) {
                decide("float32 products: oneDNN, on the threads of Cria's own pool");
                return library.get();
            }
            decide("float32 products: Vector API, because no oneDNN for " + NativeLibraries.platform()
                    + " is on the class path; add org.bytedeco:dnnl with that classifier");
        } catch (RuntimeException e) {
            decide("float32 products: Vector API, because oneDNN does not load (" + e.getMessage()
                    + "); set CRIA_CACHE to a folder that is writable and allows execution");
        }
        return new VectorGemm();
    }

    /**
     * Chooses kernels.
     *
     * @throws UserError if the options ask for what this machine cannot execute
     */
    static CpuGate choose(CpuOptions options) {
        return new CpuGate(options);
    }

    /** Tensors lie in native memory; a JVM that is told to forbid that (--illegal-native-access=deny) can run no kernel. */
    private static void requireNativeAccess() {
        try {
            MemorySegment.NULL.reinterpret(1);
        } catch (IllegalCallerException e) {
            throw new UserError(
                    "this JVM does not let Cria use native memory",
                    "start java with --enable-native-access=ALL-UNNAMED");
        }
    }

    private Tier tier(CpuOptions options) {
        if (options.maximumTier() == Tier.SCALAR) {
            decide("vector kernels: not used, because the highest tier is set to scalar; unset "
                    + CpuOptions.TIER_VARIABLE + " to use them");
            return Tier.SCALAR;
        }
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            warn("vector kernels: not used, because the module jdk.incubator.vector is not in this process; start java"
                    + " with --add-modules jdk.incubator.vector to use them");
            return Tier.SCALAR;
        }
        Optional<String> refusal = VectorCompiler.detect().refusal();
        if (refusal.isPresent()) {
            warn("vector kernels: not used, because " + refusal.get());
            return Tier.SCALAR;
        }
        return options.maximumTier();
    }

    private static void refuseBFloat16(CpuOptions options, String reason) {
        if (options.precision() == Precision.BF16) {
            throw refusal(reason);
        }
    }

    private static UserError refusal(String reason) {
        return new UserError(
                "matrix products in bf16 cannot run on this CPU device: " + reason,
                "use float32, which is the default precision");
    }

    private void decide(String decision) {
        decisions.add(decision);
        LOG.log(System.Logger.Level.DEBUG, decision);
    }

    /** A choice that the user should hear of without asking: kernels run many times slower than they could. */
    private void warn(String decision) {
        decisions.add(decision);
        LOG.log(System.Logger.Level.WARNING, decision);
    }

    Kernels kernels() {
        return kernels;
    }

    /** What the kernels run on; the scalar ones have none. */
    Optional<WorkerPool> pool() {
        return pool;
    }

    /** One line a choice: what was chosen, why, and what would mend a refusal. */
    List<String> decisions() {
        return List.copyOf(decisions);
    }

    @Override
    public void close() {
        pool.ifPresent(WorkerPool::close);
    }
}
