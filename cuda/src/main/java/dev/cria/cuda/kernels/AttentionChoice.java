package dev.cria.cuda.kernels;

import dev.cria.base.UserError;
import dev.cria.cuda.compile.DiskCache;
import dev.cria.cuda.cudnn.CudnnAttention;
import dev.cria.cuda.driver.Event;
import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Attention of training by Cria's kernels or by cuDNN's, chosen for each shape and pass. cuDNN is believed only after {@link AttentionCheck}; what
 * it refuses, Cria computes. Tried on the real tensors, the faster one is kept on disk: the two sum in different orders, and a run that is resumed
 * must have the one it had.
 */
final class AttentionChoice implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(AttentionChoice.class.getName());
    private static final int REPETITIONS = 3;
    private static final byte[] OWN = "own".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CUDNN = "cudnn".getBytes(StandardCharsets.US_ASCII);

    private record Key(boolean backward, int B, int T, int H, int K, int E) {
        @Override
        public String toString() {
            return "attention " + (backward ? "backward" : "forward") + " of B=" + B + " T=" + T + " H=" + H + " K=" + K
                    + " E=" + E;
        }
    }

    private record Heads(int H, int K, int E) {}

    private final Cuda cuda;
    private final TrainingAttention own;
    private final AttentionEngine wanted;
    private final boolean timing;
    private final Supplier<Optional<TrainingAttention.ByLibrary>> opener;
    private final Map<Key, TrainingAttention> chosen = new HashMap<>();
    private final Map<Heads, Boolean> trusted = new HashMap<>();
    private final List<String> decisions = new ArrayList<>();
    private Optional<TrainingAttention.ByLibrary> cudnn = Optional.empty();
    private boolean looked;

    /** @param timing whether trying is allowed; without it AUTO is Cria's */
    AttentionChoice(Cuda cuda, AttentionEngine wanted, boolean timing) {
        this(
                cuda,
                wanted,
                timing,
                () -> CudnnAttention.open(cuda, wanted != AttentionEngine.CUDNN_UNORDERED)
                        .map(TrainingAttention::of));
    }

    /** @param opener gives cuDNN's when it is first wanted */
    AttentionChoice(
            Cuda cuda, AttentionEngine wanted, boolean timing, Supplier<Optional<TrainingAttention.ByLibrary>> opener) {
        this.cuda = cuda;
        this.own = new AttentionKernels(cuda);
        this.wanted = wanted;
        this.timing = timing;
        this.opener = opener;
    }

    /** What was decided so far, one line each. */
    List<String> decisions() {
        if (decisions.isEmpty()) {
            return List.of("attention: Cria's kernels"
                    + (asksCudnn()
                            ? "; in bf16 training cuDNN's, where it is installed, when a shape comes first"
                            : ""));
        }
        return List.copyOf(decisions);
    }

    /** See {@link dev.cria.tensor.Kernels#attention}. */
    void forward(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        run(new Key(false, B, T, H, K, qkv.size(2)), qkv.dtype(), who -> who.forward(out, logSumExp, qkv, B, T, H, K));
    }

    /** See {@link dev.cria.tensor.Kernels#attentionBackward}. */
    void backward(Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        run(
                new Key(true, B, T, H, K, qkv.size(2)),
                qkv.dtype(),
                who -> who.backward(dQkv, dOut, out, logSumExp, qkv, B, T, H, K));
    }

    private void run(Key key, DType type, Consumer<TrainingAttention> work) {
        TrainingAttention who = chosen.get(key);
        if (who == null) {
            who = isCandidate(key, type) && choose(key, work) ? cudnn.orElseThrow() : own;
            chosen.put(key, who);
        }
        work.accept(who);
    }

    private boolean asksCudnn() {
        return wanted.isCudnn() || (wanted == AttentionEngine.AUTO && timing);
    }

    /** cuDNN computes attention in 16 bits, on heads of whole 16 bytes, for more than one token. */
    private boolean isCandidate(Key key, DType type) {
        return asksCudnn() && type == DType.BF16 && key.E % 8 == 0 && key.E <= 128 && key.T > 1 && key.B > 0;
    }

    private boolean choose(Key key, Consumer<TrainingAttention> work) {
        try {
            Optional<TrainingAttention.ByLibrary> library = library();
            if (library.isEmpty() || !isTrusted(library.get(), new Heads(key.H, key.K, key.E))) {
                return false;
            }
            if (wanted.isCudnn()) {
                work.accept(library.get());
                decide(key + ": cuDNN's");
                return true;
            }
            return isFaster(key, library.get(), work);
        } catch (UserError e) {
            decide(key + ": Cria's, because " + e.getMessage());
            return false;
        }
    }

    private Optional<TrainingAttention.ByLibrary> library() {
        if (!looked) {
            looked = true;
            cudnn = opener.get();
            decide(cudnn.map(found -> "attention: cuDNN " + found.description())
                    .orElse("attention: Cria's kernels; cuDNN 9 is not installed (`pip install nvidia-cudnn-cu13`)"));
        }
        return cudnn;
    }

    private boolean isTrusted(TrainingAttention library, Heads heads) {
        Boolean known = trusted.get(heads);
        if (known == null) {
            Optional<String> complaint = new AttentionCheck(cuda, own, library)
                    .complaint(heads.H, heads.K, heads.E, wanted != AttentionEngine.CUDNN_UNORDERED);
            complaint.ifPresent(text -> decide("attention: Cria's kernels for " + heads + ": " + text));
            known = complaint.isEmpty();
            trusted.put(heads, known);
        }
        return known;
    }

    private boolean isFaster(Key key, TrainingAttention.ByLibrary library, Consumer<TrainingAttention> work) {
        DiskCache disk = cuda.compiler().cache();
        String name = DiskCache.key(List.of(
                "attention",
                cuda.card().name(),
                library.description(),
                cuda.compiler().description(),
                key.toString()));
        Optional<byte[]> stored = disk.find(name);
        if (stored.isPresent()) {
            boolean faster = Arrays.equals(stored.get(), CUDNN);
            decide(key + ": " + (faster ? "cuDNN's" : "Cria's") + ", as tried before");
            return faster;
        }
        float ours = milliseconds(() -> work.accept(own));
        float theirs = milliseconds(() -> work.accept(library));
        boolean faster = theirs < ours;
        disk.store(name, faster ? CUDNN : OWN);
        decide(String.format(
                Locale.ROOT,
                "%s: %s, %.3f ms against %.3f",
                key,
                faster ? "cuDNN's" : "Cria's",
                faster ? theirs : ours,
                faster ? ours : theirs));
        return faster;
    }

    /** The shortest of some runs after one that warms up. */
    private float milliseconds(Runnable work) {
        work.run();
        float least = Float.POSITIVE_INFINITY;
        try (Event start = cuda.timer();
                Event end = cuda.timer()) {
            for (int i = 0; i < REPETITIONS; i++) {
                start.record(cuda.stream());
                work.run();
                end.record(cuda.stream());
                end.synchronize();
                least = Math.min(least, end.millisecondsSince(start));
            }
        }
        return least;
    }

    private void decide(String line) {
        LOG.log(System.Logger.Level.DEBUG, line);
        decisions.add(line);
    }

    @Override
    public void close() {
        cudnn.ifPresent(TrainingAttention.ByLibrary::close);
    }
}
