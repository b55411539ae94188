package dev.cria.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataPreparationTest {
    private static final ProgressListener SILENT = progress -> {};
    private static final ToyTokenizer TOKENIZER = new ToyTokenizer();

    @TempDir
    Path dir;

    Path input;

    @BeforeEach
    void makeInputFolder() throws Exception {
        input = Files.createDirectory(dir.resolve("input"));
    }

    @Test
    void everyDocumentIsInOneSplitOnceAndReadable() throws Exception {
        List<String> texts = corpus(2000, 1);
        PrepareResult result = prepare(options("out").withValidation(0.1, 5).withShardTokens(20_000));
        List<String> train = texts("out", "train");
        List<String> validation = texts("out", "validation");
        Set<String> together = new HashSet<>(train);
        together.addAll(validation);
        assertThat(train.size() + validation.size()).isEqualTo(2000);
        assertThat(together).containsExactlyInAnyOrderElementsOf(texts);
        assertThat(validation.size()).isBetween(140, 260);
        Manifest manifest = result.manifest();
        assertThat(manifest.splits().get("train").documents()).isEqualTo(train.size());
        assertThat(manifest.splits().get("train").shards().size()).isGreaterThan(5);
        assertThat(manifest.sources()).hasSize(1);
        assertThat(manifest.sources().getFirst().documents()).isEqualTo(2000);
        long tokens = manifest.splits().values().stream()
                .mapToLong(Manifest.Split::tokens)
                .sum();
        assertThat(manifest.sources().getFirst().tokens()).isEqualTo(tokens);
        assertThat(manifest.sources().getFirst().bytes()).isEqualTo(tokens - 2 * 2000);
        try (TokenDataset dataset = TokenDataset.open(dir.resolve("out"), "train")) {
            assertThat(dataset.manifest()).contains(manifest);
        }
    }

    @Test
    void theNumberOfThreadsDoesNotShow() throws Exception {
        corpus(3000, 2);
        Map<String, String> one = prepared(options("one").withThreads(1).withShardTokens(20_000));
        assertThat(prepared(options("four").withThreads(4).withShardTokens(20_000)))
                .isEqualTo(one);
        assertThat(prepared(options("again").withThreads(7).withShardTokens(20_000)))
                .isEqualTo(one);
        assertThat(one.size()).isGreaterThan(5);
    }

    @Test
    void theSideOfADocumentDependsOnItsTextAlone() throws Exception {
        corpus(1000, 3);
        prepare(options("a").withValidation(0.1, 5));
        Set<String> held = new HashSet<>(texts("a", "validation"));
        // Half of the documents, other names, another order: the same documents are held out.
        Path half = Files.createDirectory(dir.resolve("half"));
        List<Path> files;
        try (var list = Files.list(input)) {
            files = list.sorted().toList();
        }
        Set<String> expected = new HashSet<>();
        for (int i = 0; i < files.size(); i += 2) {
            String text = Files.readString(files.get(i));
            Files.writeString(half.resolve(9_999 - i + ".txt"), text);
            if (held.contains(text)) {
                expected.add(text);
            }
        }
        PrepareOptions options = PrepareOptions.of(List.of(half), dir.resolve("none"), dir.resolve("b"));
        prepare(options.withValidation(0.1, 5));
        assertThat(texts("b", "validation")).containsExactlyInAnyOrderElementsOf(expected);
        prepare(options("c").withValidation(0.1, 6));
        assertThat(new HashSet<>(texts("c", "validation"))).isNotEqualTo(held);
    }

    @Test
    void aFewDocumentsStillHaveValidation() throws Exception {
        for (int seed = 0; seed < 5; seed++) {
            corpus(8, 100 + seed);
            PrepareOptions options = options("few-" + seed).withValidation(0.001, seed);
            prepare(options);
            assertThat(texts("few-" + seed, "validation")).hasSize(1);
            assertThat(texts("few-" + seed, "train")).hasSize(7);
        }
    }

    @Test
    void oneSmallFileIsTrainedOnAndValidationSaysItIsEmpty() throws Exception {
        String text = "x".repeat(200);
        Files.writeString(input.resolve("a.txt"), text);
        for (int seed = 0; seed < 3; seed++) {
            PrepareResult result = prepare(options("one-" + seed).withValidation(0.5, seed));
            assertThat(texts("one-" + seed, "train")).containsExactly(text);
            assertThat(texts("one-" + seed, "validation")).isEmpty();
            assertThat(result.notices()).anyMatch(notice -> notice.startsWith("validation is empty"));
        }
        assertThat(prepare(options("unwanted").withValidation(0, 1)).notices()).isEmpty();
    }

    @Test
    void nothingToTrainOnIsRefused() throws Exception {
        assertThatThrownBy(() -> prepare(options("a")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("nothing to train on");
        Files.writeString(input.resolve("empty.txt"), "");
        assertThatThrownBy(() -> prepare(options("b")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("1 file read");
        Files.write(input.resolve("binary"), new byte[100]);
        assertThatThrownBy(() -> prepare(options("c")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("1 binary files skipped");
        assertThat(dir.resolve("c").resolve(Manifest.FILE)).doesNotExist();
    }

    @Test
    void duplicatesAreLeftOut() throws Exception {
        for (int i = 0; i < 50; i++) {
            Files.writeString(input.resolve(i + ".txt"), "text " + i % 10);
        }
        PrepareResult result = prepare(options("a").withValidation(0, 1));
        assertThat(texts("a", "train")).hasSize(10).doesNotHaveDuplicates();
        assertThat(result.manifest().cleaning().duplicates()).isEqualTo(40);
        prepare(options("b").withValidation(0, 1).withDeduplication(false, 0));
        assertThat(texts("b", "train")).hasSize(50);
        PrepareResult bounded = prepare(options("c").withValidation(0, 1).withDeduplication(true, 4));
        assertThat(bounded.manifest().cleaning().duplicates()).isEqualTo(16);
        assertThat(bounded.manifest().cleaning().uncheckedForDuplicates()).isEqualTo(30);
    }

    @Test
    void aNonEmptyOutputIsRefusedUnlessItIsToBeReplaced() throws Exception {
        corpus(20, 1);
        prepare(options("out").withShardTokens(200));
        Path foreign = Files.writeString(dir.resolve("out/notes.txt"), "mine");
        assertThatThrownBy(() -> prepare(options("out")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("not empty");
        corpus(5, 2);
        prepare(options("out").withOverwrite(true).withValidation(0, 1));
        assertThat(foreign).hasContent("mine");
        assertThat(dir.resolve("out/train-00001.shard")).doesNotExist();
        assertThat(texts("out", "train")).hasSize(20);
    }

    @Test
    void aFailedRunLeavesNoDataSetAndTheNextStartsAnew() throws Exception {
        corpus(300, 1);
        for (int i = 0; i < 12; i++) {
            // More text than may be under way, so that shards are written before the reader comes to the damage.
            Files.writeString(input.resolve("long-" + i + ".txt"), i + " long text ".repeat(30_000));
        }
        Files.writeString(input.resolve("zz.jsonl"), "broken\n");
        PrepareOptions options = options("out").withShardTokens(300_000);
        assertThatThrownBy(() -> prepare(options)).isInstanceOf(UserError.class);
        assertThat(dir.resolve("out/train-00000.shard")).exists();
        assertThatThrownBy(() -> TokenDataset.open(dir.resolve("out"), "train"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no prepared data set");
        Files.delete(input.resolve("zz.jsonl"));
        prepare(options);
        assertThat(texts("out", "train").size() + texts("out", "validation").size())
                .isEqualTo(312);
        assertThat(dir.resolve("out").resolve(OutputDirectory.MARKER)).doesNotExist();
    }

    @Test
    void twoRunsDoNotShareAnOutput() throws Exception {
        try (OutputDirectory taken = OutputDirectory.take(dir.resolve("out"), false)) {
            corpus(3, 1);
            assertThatThrownBy(() -> prepare(options("out")))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("another preparation");
            assertThat(taken.path()).exists();
        }
    }

    @Test
    void anOutputWithinTheInputIsRefused() throws Exception {
        corpus(3, 1);
        PrepareOptions options = PrepareOptions.of(List.of(input), dir.resolve("none"), input.resolve("out"));
        assertThatThrownBy(() -> prepare(options)).isInstanceOf(UserError.class).hasMessageContaining("lies within");
    }

    @Test
    void aNamedPipeIsReadLikeAFile() throws Exception {
        Path pipe = dir.resolve("pipe");
        Process mkfifo = new ProcessBuilder("mkfifo", pipe.toString()).start();
        org.junit.jupiter.api.Assumptions.assumeTrue(mkfifo.waitFor() == 0, "no mkfifo here");
        Thread writer = Thread.startVirtualThread(() -> {
            try {
                Files.writeString(pipe, "line\n".repeat(100_000));
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        PrepareOptions options = PrepareOptions.of(List.of(pipe), dir.resolve("none"), dir.resolve("out"))
                .withRead(ReadOptions.defaults().withMaximumDocumentBytes(1000))
                .withDeduplication(false, 0);
        PrepareResult result = prepare(options);
        writer.join();
        assertThat(result.manifest().sources().getFirst().bytes()).isEqualTo(500_000);
        assertThat(result.manifest().splits().get("validation").documents()).isPositive();
    }

    @Test
    void progressEndsWithTheTotals() throws Exception {
        corpus(50, 1);
        List<PrepareProgress> events = new ArrayList<>();
        PrepareResult result = DataPreparation.run(options("out"), TOKENIZER, events::add);
        assertThat(events).isNotEmpty();
        assertThat(events.getLast()).isEqualTo(result.progress());
        assertThat(result.progress().documents()).isEqualTo(50);
    }

    private PrepareOptions options(String output) {
        return PrepareOptions.of(List.of(input), dir.resolve("none"), dir.resolve(output))
                .withThreads(2);
    }

    private static PrepareResult prepare(PrepareOptions options) {
        return DataPreparation.run(options, TOKENIZER, SILENT);
    }

    /** Prepares, and returns the checksum of every file of the output. */
    private Map<String, String> prepared(PrepareOptions options) throws Exception {
        prepare(options);
        Map<String, String> sums = new TreeMap<>();
        try (var files = Files.list(options.output())) {
            for (Path file : files.toList()) {
                sums.put(file.getFileName().toString(), Checksums.sha256(file));
            }
        }
        return sums;
    }

    private List<String> corpus(int files, long seed) throws Exception {
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < files; i++) {
            String text = i + "-" + seed + " " + "é llama ".repeat(random.nextInt(20));
            Files.writeString(input.resolve(String.format("%05d.txt", i)), text);
            texts.add(text);
        }
        return texts;
    }

    private List<String> texts(String output, String split) {
        List<String> texts = new ArrayList<>();
        try (TokenDataset dataset = TokenDataset.open(dir.resolve(output), split)) {
            for (long d = 0; d < dataset.documents(); d++) {
                int[] ids = new int[(int) (dataset.documentEnd(d) - dataset.documentStart(d))];
                dataset.read(dataset.documentStart(d), ids, 0, ids.length);
                assertThat(ids[0]).isEqualTo(TOKENIZER.bosId());
                assertThat(ids[ids.length - 1]).isEqualTo(TOKENIZER.eosId());
                texts.add(TOKENIZER.decode(ids));
            }
        }
        return texts;
    }
}
