package dev.cria.data;

import dev.cria.text.StreamingDecoder;
import dev.cria.text.TokenBuffer;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;

/** Small prepared datasets of generated text, one id a byte, for tests of training. */
public final class TokenFixture {
    private TokenFixture() {}

    /** Sentences of a toy language: easy to learn, never the same. */
    public static List<String> sentences(int documents, long seed) {
        String[] who = {"the llama", "a cria", "the shepherd", "my neighbour", "the old dog"};
        String[] does = {"eats", "sees", "follows", "likes", "carries"};
        String[] what = {"the grass", "a stone", "the river", "some hay", "the moon"};
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < documents; i++) {
            StringBuilder text = new StringBuilder();
            for (int s = 0; s < 8; s++) {
                text.append(who[random.nextInt(5)])
                        .append(' ')
                        .append(does[random.nextInt(5)])
                        .append(' ')
                        .append(what[random.nextInt(5)])
                        .append(". ");
            }
            texts.add(text.toString());
        }
        return texts;
    }

    /** Writes a dataset whose last tenth of documents is held out. */
    public static Path write(Path directory, List<String> texts) throws IOException {
        Files.createDirectories(directory);
        ByteTokenizer tokenizer = new ByteTokenizer();
        int held = Math.max(1, texts.size() / 10);
        Map<String, Manifest.Split> splits = new LinkedHashMap<>();
        splits.put(Manifest.TRAIN, split(directory, Manifest.TRAIN, texts.subList(0, texts.size() - held), tokenizer));
        splits.put(
                Manifest.VALIDATION,
                split(directory, Manifest.VALIDATION, texts.subList(texts.size() - held, texts.size()), tokenizer));
        ManifestFile.write(
                directory,
                new Manifest(
                        Manifest.FORMAT,
                        Manifest.VERSION,
                        "test",
                        new Manifest.TokenizerInfo(
                                tokenizer.fingerprint(), tokenizer.vocabularySize(), 1, 2, List.of()),
                        Separators.BOTH.label(),
                        new Manifest.SplitRule(0.1, 1),
                        List.of(),
                        new Manifest.Cleaning(0, 0, 0, 0, 0, 0, 0, 0),
                        splits));
        return directory;
    }

    private static Manifest.Split split(Path directory, String name, List<String> texts, Tokenizer tokenizer)
            throws IOException {
        long bytes = 0;
        try (ShardWriter writer = new ShardWriter(directory, name, tokenizer, Separators.BOTH, 5000)) {
            for (String text : texts) {
                writer.add(tokenizer.encode(text));
                bytes += text.getBytes(StandardCharsets.UTF_8).length;
            }
            List<Manifest.Shard> shards = writer.finish();
            long tokens = shards.stream().mapToLong(Manifest.Shard::tokens).sum();
            return new Manifest.Split(texts.size(), bytes, tokens, shards);
        }
    }

    /** One id for each byte, behind the three control tokens. */
    private static final class ByteTokenizer implements Tokenizer {
        @Override
        public int vocabularySize() {
            return 259;
        }

        @Override
        public int bosId() {
            return 1;
        }

        @Override
        public int eosId() {
            return 2;
        }

        @Override
        public OptionalInt padId() {
            return OptionalInt.empty();
        }

        @Override
        public boolean isSpecial(int id) {
            return id < 3;
        }

        @Override
        public String piece(int id) {
            return "<0x%02X>".formatted(id - 3);
        }

        @Override
        public OptionalInt id(String piece) {
            return OptionalInt.empty();
        }

        @Override
        public int[] encode(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            int[] ids = new int[bytes.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = 3 + (bytes[i] & 0xff);
            }
            return ids;
        }

        @Override
        public void encode(String text, TokenBuffer to) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void encodeWithSpecial(String text, TokenBuffer to) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String decode(int[] ids) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String decodeWithSpecial(int[] ids) {
            throw new UnsupportedOperationException();
        }

        @Override
        public StreamingDecoder streamingDecoder() {
            throw new UnsupportedOperationException();
        }

        @Override
        public String fingerprint() {
            return "b".repeat(64);
        }
    }
}
