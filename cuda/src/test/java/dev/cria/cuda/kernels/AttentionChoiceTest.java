package dev.cria.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.UserError;
import dev.cria.cuda.CudaOptions;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.cuda.compile.DiskCache;
import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Who computes attention, with a stand-in for cuDNN: Cria's own kernels, or what goes wrong. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttentionChoiceTest {
    private static final int B = 1;
    private static final int T = 20;
    private static final int H = 2;
    private static final int K = 1;
    private static final int E = 64;

    private Cuda cuda;
    private Workspace workspace;

    @BeforeAll
    void open(@TempDir Path folder) {
        CudaOptions options = GpuUnderTest.options();
        cuda = Cuda.open(LibrarySearch.of(options.libraries()), 0, new DiskCache(folder, 1 << 26), false);
        workspace = cuda.workspace();
    }

    @AfterAll
    void close() {
        if (cuda != null) {
            workspace.close();
            cuda.close();
        }
    }

    /** Counts its calls; may give wrong gradients, or refuse. */
    private final class Library implements TrainingAttention.ByLibrary {
        private final AttentionKernels kernels = new AttentionKernels(cuda);
        private int forwards;
        private int backwards;
        private boolean isWrong;
        private boolean refuses;
        private boolean isClosed;

        @Override
        public void forward(Tensor out, Tensor logSumExp, Tensor qkv, int sequences, int tokens, int heads, int keys) {
            forwards++;
            if (refuses) {
                throw CudaException.other("no engine takes the graph", 3000);
            }
            kernels.forward(out, logSumExp, qkv, sequences, tokens, heads, keys);
        }

        @Override
        public void backward(
                Tensor dQkv,
                Tensor dOut,
                Tensor out,
                Tensor logSumExp,
                Tensor qkv,
                int sequences,
                int tokens,
                int heads,
                int keys) {
            backwards++;
            // The forward result stands where the gradient should: close to nothing that is right.
            kernels.backward(dQkv, isWrong ? out : dOut, out, logSumExp, qkv, sequences, tokens, heads, keys);
        }

        @Override
        public String description() {
            return "a stand-in";
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }

    private void forward(AttentionChoice choice) {
        Tensor qkv = workspace.allocate(DType.BF16, (long) B * T, H + 2 * K, E);
        Tensor out = workspace.allocate(DType.BF16, (long) B * T, H, E);
        choice.forward(out, workspace.allocate(DType.F32, B, H, T), qkv, B, T, H, K);
    }

    private AttentionChoice choice(AttentionEngine wanted, boolean timing, Library library) {
        return new AttentionChoice(cuda, wanted, timing, () -> Optional.of(library));
    }

    @Test
    void ownIsOwn() {
        Library library = new Library();
        AttentionChoice choice = choice(AttentionEngine.OWN, true, library);
        forward(choice);
        forward(choice(AttentionEngine.AUTO, false, library));
        assertThat(library.forwards).isZero();
        assertThat(choice.decisions()).containsExactly("attention: Cria's kernels");
    }

    @Test
    void whatIsAskedForIsTakenOnceItIsTrusted() {
        Library library = new Library();
        AttentionChoice choice = choice(AttentionEngine.CUDNN, false, library);
        forward(choice);
        int calls = library.forwards;
        forward(choice);
        assertThat(library.forwards).isEqualTo(calls + 1);
        assertThat(library.backwards).isEqualTo(2);
        assertThat(choice.decisions())
                .containsExactly("attention: cuDNN a stand-in", "attention forward of B=1 T=20 H=2 K=1 E=64: cuDNN's");
        choice.close();
        assertThat(library.isClosed).isTrue();
    }

    @Test
    void aFasterOneIsRemembered() {
        Library library = new Library();
        AttentionChoice first = choice(AttentionEngine.AUTO, true, library);
        forward(first);
        assertThat(first.decisions().getLast()).contains(" ms against ");
        AttentionChoice second = choice(AttentionEngine.AUTO, true, library);
        forward(second);
        String who = first.decisions().getLast().contains(": cuDNN's") ? "cuDNN's" : "Cria's";
        assertThat(second.decisions().getLast()).endsWith(": " + who + ", as tried before");
    }

    @Test
    void whatFailsIsLeft() {
        Library library = new Library();
        library.refuses = true;
        AttentionChoice choice = choice(AttentionEngine.CUDNN, false, library);
        forward(choice);
        forward(choice);
        assertThat(library.forwards).isOne();
        assertThat(choice.decisions().getLast())
                .isEqualTo("attention forward of B=1 T=20 H=2 K=1 E=64: Cria's, because no engine takes the graph");
    }

    @Test
    void whatIsMissingOrBrokenIsLeft() {
        AttentionChoice missing = new AttentionChoice(cuda, AttentionEngine.CUDNN, false, Optional::empty);
        forward(missing);
        assertThat(missing.decisions().getFirst()).contains("cuDNN 9 is not installed");
        Supplier<Optional<TrainingAttention.ByLibrary>> broken = () -> {
            throw new UserError("cuDNN does not start", "");
        };
        AttentionChoice choice = new AttentionChoice(cuda, AttentionEngine.CUDNN, false, broken);
        forward(choice);
        assertThat(choice.decisions().getLast()).endsWith("Cria's, because cuDNN does not start");
    }

    @Test
    void whatDisagreesIsNotTrusted() {
        Library library = new Library();
        library.isWrong = true;
        AttentionChoice choice = choice(AttentionEngine.CUDNN, false, library);
        forward(choice);
        assertThat(choice.decisions().getLast()).contains("cuDNN's gradients");
        assertThat(new AttentionCheck(cuda, new AttentionKernels(cuda), new Library()).complaint(H, K, E, true))
                .isEmpty();
    }

    @Test
    void differencesCountOnlyTheMeantHeads() {
        float[] expected = {1, 1, 2, 2, 1, 1, 2, 2};
        float[] actual = {1, 1, 3, 2, 1, 1, 2, 2};
        assertThat(AttentionCheck.difference(actual, expected, new int[] {2, 0, 1}, 2))
                .isZero();
        assertThat(AttentionCheck.difference(actual, expected, new int[] {2, 1, 2}, 2))
                .isEqualTo(0.25);
        actual[2] = Float.NaN;
        assertThat(AttentionCheck.difference(actual, expected, new int[] {2, 1, 2}, 2))
                .isNaN();
    }
}
