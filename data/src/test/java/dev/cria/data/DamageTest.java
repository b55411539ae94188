package dev.cria.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.cria.base.UserError;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutated files: every one is either read as it was, or refused with a {@link UserError}; none crashes, hangs, or makes the reader allocate
 * beyond a small multiple of the file's size.
 */
class DamageTest {
    private static final int QUICK = 300;
    private static final int FULL = 10_000;
    private static final ToyTokenizer TOKENIZER = new ToyTokenizer();

    @TempDir
    Path dir;

    @Test
    void mutatedShards() throws Exception {
        shards(QUICK, 1);
    }

    @Test
    void mutatedManifests() throws Exception {
        manifests(QUICK, 1);
    }

    @Test
    void mutatedLitGptShards() throws Exception {
        litGpt(QUICK, 1);
    }

    @Test
    void mutatedInputs() throws Exception {
        inputs(QUICK, 1);
    }

    @Test
    @Tag("slow")
    void tenThousandOfEach() throws Exception {
        shards(FULL, 2);
        manifests(FULL, 3);
        litGpt(FULL, 4);
        inputs(FULL, 5);
    }

    private void shards(int count, long seed) throws Exception {
        Path data = dir.resolve("shards");
        int[] expected = TestDatasets.write(
                data, TOKENIZER, Separators.BOTH, 100_000, TestDatasets.randomDocuments(50, 100, 259, 1));
        Path file = data.resolve("train-00000.shard");
        byte[] good = Files.readAllBytes(file);
        int refused = 0;
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            Files.write(file, mutate(good, random, i % 3 == 0 ? ShardHeader.BYTES : good.length));
            refused += isRefused(() -> {
                        try (TokenDataset dataset = TokenDataset.open(data, "train")) {
                            dataset.verify();
                            int[] all = new int[(int) dataset.tokens()];
                            dataset.read(0, all, 0, all.length);
                            assertThat(all).isEqualTo(expected);
                            for (long d = 0; d < dataset.documents(); d++) {
                                assertThat(dataset.documentEnd(d)).isGreaterThan(dataset.documentStart(d));
                            }
                        }
                    })
                    ? 1
                    : 0;
        }
        // Every byte is under a checksum: all but the mutations that changed nothing are found.
        assertThat(refused).isGreaterThan(count * 95 / 100);
    }

    private void manifests(int count, long seed) throws Exception {
        Path data = dir.resolve("manifests");
        TestDatasets.write(data, TOKENIZER, Separators.BOTH, 300, TestDatasets.randomDocuments(20, 100, 259, 1));
        Path file = data.resolve(Manifest.FILE);
        byte[] good = Files.readAllBytes(file);
        int refused = 0;
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            Files.write(file, mutate(good, random, good.length));
            refused += isRefused(() -> DatasetInspector.inspect(data, InspectOptions.defaults(), Optional.empty()))
                    ? 1
                    : 0;
        }
        // White space may change without harm.
        assertThat(refused).isGreaterThan(count * 7 / 10);
    }

    private void litGpt(int count, long seed) throws Exception {
        Path data = Files.createDirectories(dir.resolve("litgpt"));
        Path file = data.resolve("train_0.bin");
        ByteBuffer good = ByteBuffer.allocate(24 + 2000).order(ByteOrder.LITTLE_ENDIAN);
        good.put("LITPKDS".getBytes(StandardCharsets.US_ASCII))
                .putLong(1)
                .put((byte) 8)
                .putLong(1000);
        for (int i = 0; i < 1000; i++) {
            good.putShort((short) i);
        }
        int refused = 0;
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            Files.write(file, mutate(good.array(), random, i % 2 == 0 ? 24 : 2024));
            refused += isRefused(() -> {
                        try (TokenDataset dataset = TokenDataset.open(data, "train")) {
                            dataset.read(0, new int[(int) dataset.tokens()], 0, (int) dataset.tokens());
                        }
                    })
                    ? 1
                    : 0;
        }
        assertThat(refused).isGreaterThan(count / 4);
    }

    private void inputs(int count, long seed) throws Exception {
        List<Path> originals = List.of(
                resource("parquet/rows-none.parquet"),
                resource("parquet/rows-snappy.parquet"),
                resource("parquet/rows-snappy-v2.parquet"),
                resource("parquet/rows-zstd.parquet"),
                TestInputs.zip(dir.resolve("good.zip")),
                TestInputs.jsonLines(dir.resolve("good.jsonl")),
                TestInputs.jsonLines(dir.resolve("good.jsonl.zst")),
                TestInputs.jsonLines(dir.resolve("good.jsonl.gz")));
        int refused = 0;
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            Path original = originals.get(i % originals.size());
            Path file = dir.resolve("mutated-" + original.getFileName());
            byte[] good = Files.readAllBytes(original);
            Files.write(file, mutate(good, random, good.length));
            boolean skipDamaged = random.nextInt(4) == 0;
            // The Parquet library takes the counts in a footer at their word; only the heap bounds it.
            long maximumBytes = original.toString().endsWith(".parquet") ? Long.MAX_VALUE : 64L << 20;
            Attempt attempt = () -> {
                ReadOptions options = ReadOptions.defaults().withSkipDamaged(skipDamaged);
                try (DocumentStream stream = DocumentReaders.open(List.of(file), options)) {
                    stream.forEachRemaining(document -> {});
                }
            };
            refused += isRefused(attempt, maximumBytes) ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(count / 5);
    }

    private interface Attempt {
        void run() throws IOException;
    }

    private static boolean isRefused(Attempt attempt) {
        return isRefused(attempt, 64L << 20);
    }

    private static boolean isRefused(Attempt attempt, long maximumBytes) {
        // A few damaged Parquet files make their library stand still; it is given up after 30 seconds.
        return assertTimeoutPreemptively(Duration.ofSeconds(45), () -> {
            var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadAllocatedBytes();
            boolean refused = false;
            try {
                attempt.run();
            } catch (UserError e) {
                assertThat(e.getMessage()).isNotBlank();
                refused = true;
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(maximumBytes);
            return refused;
        });
    }

    /** Flips bits, sets bytes to extremes, cuts, doubles or swaps parts; the first change is below {@code within}. */
    private static byte[] mutate(byte[] good, Random random, int within) {
        byte[] bytes = good.clone();
        int changes = 1 + random.nextInt(3);
        for (int c = 0; c < changes && bytes.length > 1; c++) {
            int at = random.nextInt(Math.min(within, bytes.length));
            switch (random.nextInt(6)) {
                case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0xFF : 0x7F);
                case 3 -> {
                    int end = Math.min(bytes.length, at + 8);
                    Arrays.fill(bytes, at, end, (byte) random.nextInt(256));
                }
                case 4 -> bytes = Arrays.copyOf(bytes, at + 1);
                default -> {
                    int length = Math.min(bytes.length - at, 1 + random.nextInt(64));
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + length);
                    System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
                    bytes = longer;
                }
            }
        }
        return bytes;
    }

    private static Path resource(String name) throws Exception {
        return Path.of(DamageTest.class.getResource("/" + name).toURI());
    }
}
