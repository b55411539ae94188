package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The fast encoder against the definition, on random vocabularies, with equal scores, unknown characters and long words. */
class BpeEncoderTest {
    private static final String ALPHABET = "abc\u2581\u00e9\u4e2d\ud83d\ude00";

    private static String random(Random random, int length, String alphabet) {
        int[] codePoints = alphabet.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(codePoints[random.nextInt(codePoints.length)]);
        }
        return text.toString();
    }

    private static SentencePieceModel randomModel(Random random) {
        Set<String> texts = new LinkedHashSet<>();
        int count = 1 + random.nextInt(60);
        for (int i = 0; i < count; i++) {
            texts.add(random(random, 1 + random.nextInt(random.nextBoolean() ? 3 : 7), ALPHABET));
        }
        int scores = random.nextBoolean() ? 5 : 100_000; // few: many pieces share one
        List<Piece> pieces = new ArrayList<>();
        texts.forEach(text -> pieces.add(new Piece(text, -random.nextInt(scores), Type.NORMAL)));
        return NaiveBpe.model(pieces, random.nextBoolean(), random.nextBoolean());
    }

    @Test
    void equalsTheDefinitionOnRandomVocabularies() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            SentencePieceModel model = randomModel(random);
            Tokenizer tokenizer = new SentencePieceTokenizer(Path.of("random.model"), model, TokenizerConfig.none());
            for (int i = 0; i < 12; i++) {
                int length = i < 8 ? random.nextInt(30) : random.nextInt(400);
                String text = random(random, length, random.nextBoolean() ? ALPHABET + " xy" : "ab");
                String normal =
                        (model.addDummyPrefix() && !text.isEmpty() ? "\u2581" : "") + text.replace(' ', '\u2581');
                assertThat(tokenizer.encode(text))
                        .as("round %d text %s of %s", round, text, model.pieces())
                        .isEqualTo(NaiveBpe.encode(model, normal).stream()
                                .mapToInt(Integer::intValue)
                                .toArray());
            }
        }
    }

    @Timeout(60)
    @Test
    void takesLinearTimeHoweverLongTheWord() {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            pieces.add(new Piece("a".repeat(1 << i), -i, Type.NORMAL));
        }
        pieces.add(new Piece("ab", -9, Type.NORMAL));
        Tokenizer tokenizer = new SentencePieceTokenizer(
                Path.of("a.model"), NaiveBpe.model(pieces, true, false), TokenizerConfig.none());
        tokenizer.encode("a".repeat(200_000));
        long small = nanos(tokenizer, "a".repeat(300_000));
        long large = nanos(tokenizer, "a".repeat(3_000_000));
        assertThat(tokenizer.encode("a".repeat(3_000_000))).hasSize(3_000_000 / 16);
        assertThat(large / (double) small)
                .as("ten times the text, %d and %d ns", small, large)
                .isLessThan(40);
    }

    private static long nanos(Tokenizer tokenizer, String text) {
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            long start = System.nanoTime();
            tokenizer.encode(text);
            best = Math.min(best, System.nanoTime() - start);
        }
        return best;
    }

    @Test
    void manyThreadsShareOneTokenizer() throws Exception {
        Random random = new Random(3);
        SentencePieceModel model = randomModel(random);
        Tokenizer tokenizer = new SentencePieceTokenizer(Path.of("random.model"), model, TokenizerConfig.none());
        List<String> texts = new ArrayList<>();
        List<int[]> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            texts.add(random(random, random.nextInt(300), ALPHABET + " x"));
            expected.add(tokenizer.encode(texts.get(i)));
        }
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> results = new ArrayList<>();
            for (int t = 0; t < 64; t++) {
                Callable<Boolean> task = () -> {
                    for (int i = 0; i < texts.size(); i++) {
                        if (!java.util.Arrays.equals(tokenizer.encode(texts.get(i)), expected.get(i))) {
                            return false;
                        }
                    }
                    return true;
                };
                results.add(pool.submit(task));
            }
            for (Future<Boolean> result : results) {
                assertThat(result.get()).isTrue();
            }
        }
    }

    @Test
    void theCacheForgetsWithoutHarm() {
        Random random = new Random(5);
        SentencePieceModel model = randomModel(random);
        Tokenizer tokenizer = new SentencePieceTokenizer(Path.of("random.model"), model, TokenizerConfig.none());
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 60_000; i++) { // more different words than the cache holds
            text.append(random(random, 1 + random.nextInt(8), "abc")).append('x');
        }
        int[] whole = tokenizer.encode(text.toString());
        assertThat(whole).isEqualTo(tokenizer.encode(text.toString()));
        assertThat(tokenizer.decode(whole)).isEqualTo(model.byteFallback() ? text.toString() : tokenizer.decode(whole));
    }
}
