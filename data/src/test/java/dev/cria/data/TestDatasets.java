package dev.cria.data;

import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small data sets written straight by {@link ShardWriter}. */
final class TestDatasets {
    private TestDatasets() {}

    static final Manifest.Cleaning CLEAN = new Manifest.Cleaning(0, 0, 0, 0, 0, 0, 0, 0);

    /** Writes the documents as the train split; validation is empty. Returns the whole expected token stream. */
    static int[] write(Path dir, Tokenizer tokenizer, Separators separators, long shardTokens, List<int[]> documents)
            throws IOException {
        Files.createDirectories(dir);
        List<Integer> all = new ArrayList<>();
        Manifest.Split train;
        try (ShardWriter writer = new ShardWriter(dir, Manifest.TRAIN, tokenizer, separators, shardTokens)) {
            for (int[] document : documents) {
                writer.add(document);
                if (separators.bos()) {
                    all.add(tokenizer.bosId());
                }
                for (int id : document) {
                    all.add(id);
                }
                if (separators.eos()) {
                    all.add(tokenizer.eosId());
                }
            }
            train = new Manifest.Split(documents.size(), 0, all.size(), writer.finish());
        }
        Manifest.TokenizerInfo info = new Manifest.TokenizerInfo(
                tokenizer.fingerprint(), tokenizer.vocabularySize(), tokenizer.bosId(), tokenizer.eosId(), List.of());
        ManifestFile.write(
                dir,
                new Manifest(
                        Manifest.FORMAT,
                        Manifest.VERSION,
                        "test",
                        info,
                        separators.label(),
                        new Manifest.SplitRule(0.01, 7),
                        List.of(),
                        CLEAN,
                        Map.of(Manifest.TRAIN, train, Manifest.VALIDATION, new Manifest.Split(0, 0, 0, List.of()))));
        return all.stream().mapToInt(Integer::intValue).toArray();
    }

    static List<int[]> randomDocuments(int count, int longest, int vocabularySize, long seed) {
        Random random = new Random(seed);
        List<int[]> documents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            documents.add(
                    random.ints(1 + random.nextInt(longest), 3, vocabularySize).toArray());
        }
        return documents;
    }

    /** Tokens 0, 1, 2, ...: the token's id is its position. */
    record Counting(long tokens, String fingerprint) implements TokenStream {
        @Override
        public void read(long position, int[] into, int offset, int length) {
            java.util.Objects.checkFromIndexSize(position, length, tokens);
            for (int i = 0; i < length; i++) {
                into[offset + i] = (int) (position + i);
            }
        }
    }
}
