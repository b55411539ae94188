package dev.cria.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenDatasetTest {
    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource({"259,BOTH,1000", "70000,BOTH,1000", "259,NONE,7", "70000,EOS,1", "259,BOS,100000000", "65536,BOS,999"})
    void readsBackWhatWasWritten(int vocabulary, Separators separators, long shardTokens) throws Exception {
        ToyTokenizer tokenizer = new ToyTokenizer(vocabulary);
        int count = shardTokens < 10 ? 8 : 50;
        List<int[]> documents = TestDatasets.randomDocuments(count, shardTokens < 10 ? 20 : 400, vocabulary, 1);
        int[] expected = TestDatasets.write(dir, tokenizer, separators, shardTokens, documents);
        try (TokenDataset dataset = TokenDataset.open(dir, "train")) {
            assertThat(dataset.tokens()).isEqualTo(expected.length);
            int[] all = new int[expected.length];
            dataset.read(0, all, 0, all.length);
            assertThat(all).isEqualTo(expected);
            Random random = new Random(2);
            for (int i = 0; i < 200; i++) {
                int from = random.nextInt(expected.length);
                int length = random.nextInt(expected.length - from + 1);
                int[] part = new int[length + 2];
                dataset.read(from, part, 1, length);
                assertThat(Arrays.copyOfRange(part, 1, 1 + length))
                        .isEqualTo(Arrays.copyOfRange(expected, from, from + length));
            }
            assertThat(dataset.documents()).isEqualTo(count);
            for (int d = 0; d < count; d++) {
                int from = (int) dataset.documentStart(d) + (separators.bos() ? 1 : 0);
                int to = (int) dataset.documentEnd(d) - (separators.eos() ? 1 : 0);
                assertThat(Arrays.copyOfRange(expected, from, to)).isEqualTo(documents.get(d));
            }
            dataset.verify();
            assertThat(dataset.vocabularySize()).hasValue(vocabulary);
            assertThat(dataset.tokenizerFingerprint()).contains(tokenizer.fingerprint());
        }
    }

    @Test
    void manyBlocksInOneShard() throws Exception {
        // 2.5 MiB of tokens and 100,000 document starts: blocks of tokens, of both, and of starts alone.
        List<int[]> documents = TestDatasets.randomDocuments(100_000, 25, 259, 3);
        int[] expected = TestDatasets.write(dir, new ToyTokenizer(), Separators.NONE, 100_000_000, documents);
        try (TokenDataset dataset = TokenDataset.open(dir, "train")) {
            int[] all = new int[expected.length];
            dataset.read(0, all, 0, all.length);
            assertThat(all).isEqualTo(expected);
            dataset.verify();
            assertThat(dataset.documentEnd(99_999) - dataset.documentStart(99_999))
                    .isEqualTo(documents.getLast().length);
        }
    }

    @Test
    void anEmptySplitHasNoTokens() throws Exception {
        TestDatasets.write(dir, new ToyTokenizer(), Separators.BOTH, 1000, TestDatasets.randomDocuments(1, 5, 259, 1));
        try (TokenDataset dataset = TokenDataset.open(dir, "validation")) {
            assertThat(dataset.tokens()).isZero();
            assertThat(dataset.documents()).isZero();
        }
        assertThatThrownBy(() -> TokenDataset.open(dir, "test")).isInstanceOf(UserError.class);
    }

    @Test
    void outsideTheStreamIsRefused() throws Exception {
        int[] all = TestDatasets.write(
                dir, new ToyTokenizer(), Separators.BOTH, 10, TestDatasets.randomDocuments(9, 9, 259, 1));
        try (TokenDataset dataset = TokenDataset.open(dir, "train")) {
            int[] into = new int[4];
            dataset.read(all.length, into, 0, 0);
            assertThatThrownBy(() -> dataset.read(all.length, into, 0, 1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> dataset.read(-1, into, 0, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void aFlippedByteIsFoundWhenItsBlockIsRead() throws Exception {
        TestDatasets.write(
                dir,
                new ToyTokenizer(),
                Separators.NONE,
                100_000_000,
                TestDatasets.randomDocuments(20, 200_000, 259, 3));
        Path shard = dir.resolve("train-00000.shard");
        byte[] bytes = Files.readAllBytes(shard);
        int at = ShardHeader.BYTES + (1 << 20) + 12_345;
        bytes[at] ^= 4;
        Files.write(shard, bytes);
        try (TokenDataset dataset = TokenDataset.open(dir, "train")) {
            int[] into = new int[100];
            dataset.read(0, into, 0, 100);
            assertThatThrownBy(() -> dataset.read(600_000, into, 0, 100))
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining("train-00000.shard")
                    .hasMessageContaining("checksum");
            assertThatThrownBy(dataset::verify).isInstanceOf(MalformedFileException.class);
        }
    }

    @Test
    void missingTruncatedAndForeignShardsAreRefused() throws Exception {
        ToyTokenizer tokenizer = new ToyTokenizer();
        TestDatasets.write(dir, tokenizer, Separators.BOTH, 100, TestDatasets.randomDocuments(9, 90, 259, 1));
        Path shard = dir.resolve("train-00001.shard");
        byte[] bytes = Files.readAllBytes(shard);
        Files.delete(shard);
        assertThatThrownBy(() -> TokenDataset.open(dir, "train"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("train-00001.shard is missing");
        Files.write(shard, Arrays.copyOf(bytes, bytes.length - 1));
        assertThatThrownBy(() -> TokenDataset.open(dir, "train"))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("the manifest says " + bytes.length);
        Files.write(shard, bytes);
        Path other = dir.resolve("other");
        TestDatasets.write(
                other, new ToyTokenizer(300), Separators.BOTH, 100, TestDatasets.randomDocuments(9, 90, 259, 1));
        Files.copy(other.resolve("train-00001.shard"), shard, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> TokenDataset.open(dir, "train"))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("another data set");
    }

    @Test
    void anEditedManifestIsRefusedAndAnotherLayoutIsNot() throws Exception {
        TestDatasets.write(dir, new ToyTokenizer(), Separators.BOTH, 100, TestDatasets.randomDocuments(9, 90, 259, 1));
        Path file = dir.resolve(Manifest.FILE);
        String text = Files.readString(file);
        Files.writeString(file, text.replace("\n", "\n\n "));
        TokenDataset.open(dir, "train").close();
        Files.writeString(file, text.replace("\"both\"", "\"none\""));
        assertThatThrownBy(() -> TokenDataset.open(dir, "train"))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("checksum");
        Files.delete(file);
        assertThatThrownBy(() -> TokenDataset.open(dir, "train"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no prepared data set");
    }

    @Test
    void changedTokensChangeTheFingerprint() throws Exception {
        List<int[]> documents = TestDatasets.randomDocuments(9, 90, 259, 1);
        TestDatasets.write(dir.resolve("a"), new ToyTokenizer(), Separators.BOTH, 100, documents);
        TestDatasets.write(dir.resolve("b"), new ToyTokenizer(), Separators.BOTH, 100, documents);
        documents.get(5)[0] ^= 1;
        TestDatasets.write(dir.resolve("c"), new ToyTokenizer(), Separators.BOTH, 100, documents);
        try (TokenDataset a = TokenDataset.open(dir.resolve("a"), "train");
                TokenDataset b = TokenDataset.open(dir.resolve("b"), "train");
                TokenDataset c = TokenDataset.open(dir.resolve("c"), "train")) {
            assertThat(a.fingerprint()).isEqualTo(b.fingerprint()).isNotEqualTo(c.fingerprint());
        }
    }

    @Test
    void readsLitGptShardsAndLeavesTheirFillingOut() throws Exception {
        Files.write(dir.resolve("train_slim_0000000000.bin"), litGpt(8, 2, 5, 65_535, 7, 8));
        Files.write(dir.resolve("train_slim_0000000001.bin"), litGpt(4, 4, 70_000, 9, 1, 1, 1, 1));
        Files.write(dir.resolve("validation_0000000000.bin"), litGpt(5, 8, 3, 4));
        try (TokenDataset train = TokenDataset.open(dir, "train");
                TokenDataset validation = TokenDataset.open(dir, "validation")) {
            int[] into = new int[7];
            assertThat(train.tokens()).isEqualTo(7);
            assertThat(train.droppedFilling()).isEqualTo(3);
            train.read(0, into, 0, 7);
            assertThat(into).containsExactly(5, 65_535, 7, 8, 70_000, 9, 1);
            assertThat(validation.tokens()).isEqualTo(2);
            assertThat(train.manifest()).isEmpty();
            assertThat(train.fingerprint()).isNotEqualTo(validation.fingerprint());
        }
    }

    @Test
    void damagedLitGptShardsAreRefused() throws Exception {
        byte[] good = litGpt(8, 2, 5, 6, 7, 8);
        Path file = dir.resolve("train_0.bin");
        Files.write(file, Arrays.copyOf(good, good.length - 1));
        assertThatThrownBy(() -> TokenDataset.open(dir, "train"))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("promises 4");
        Files.write(file, litGpt(6, 4, 5));
        assertThatThrownBy(() -> TokenDataset.open(dir, "train"))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("type code 6");
        Files.write(file, litGpt(4, 4, 5, -6, 7));
        try (TokenDataset dataset = TokenDataset.open(dir, "train")) {
            assertThatThrownBy(() -> dataset.read(0, new int[3], 0, 3)).hasMessageContaining("holds -6");
        }
    }

    private static byte[] litGpt(int type, int width, int... ids) {
        ByteBuffer out = ByteBuffer.allocate(24 + ids.length * width).order(ByteOrder.LITTLE_ENDIAN);
        out.put("LITPKDS".getBytes(StandardCharsets.US_ASCII))
                .putLong(1)
                .put((byte) type)
                .putLong(ids.length);
        for (int id : ids) {
            switch (width) {
                case 2 -> out.putShort((short) id);
                case 4 -> out.putInt(id);
                default -> out.putLong(id);
            }
        }
        return out.array();
    }
}
