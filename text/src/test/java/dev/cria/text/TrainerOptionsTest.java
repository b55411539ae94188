package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What each option of the training lets through. */
class TrainerOptionsTest {
    private static final String TEXT =
            ("        return x1234 + don't(5678);\n        return y1234;\n\u6771\u4eac\u3068\u30ab\n").repeat(50);

    private static List<String> pieces(TrainerOptions options) {
        Tokenizer tokenizer =
                new TokenizerTrainer(options).train(List.of(TEXT).iterator()).tokenizer();
        return IntStream.range(options.reservedIds(), tokenizer.vocabularySize())
                .mapToObj(tokenizer::piece)
                .toList();
    }

    @Test
    void llamasOptionsKeepDigitsScriptsAndWordsApart() {
        List<String> pieces = pieces(TrainerOptions.of(400));
        assertThat(pieces).contains("\u2581".repeat(8), "\u2581return", "\u2581\u6771\u4eac\u3068\u30ab");
        assertThat(pieces).noneMatch(p -> p.length() > 1 && p.matches(".*[0-9].*"));
        assertThat(pieces).noneMatch(p -> p.matches(".+[^\u2581].*\u2581.*"));
        assertThat(pieces).noneMatch(p -> p.matches(".*[a-z]['(].*"));
    }

    @Test
    void eachOptionCanBeTurnedOff() {
        TrainerOptions llama = TrainerOptions.of(500);
        assertThat(pieces(llama.withSplitting(false, true, true, true))).contains("1234");
        assertThat(pieces(llama.withSplitting(false, true, false, true))).contains("\u2581x1234");
        assertThat(pieces(llama.withSplitting(true, false, true, true))).anyMatch(p -> p.contains("n'"));
        assertThat(pieces(llama.withSplitting(true, true, true, false))).anyMatch(p -> p.matches("\u2581{2,}[a-z]+"));
        assertThat(pieces(llama.withWhitespaceOnlyPieces(false))).noneMatch(p -> p.matches("\u2581{2,}"));
        assertThat(pieces(llama.withMaxPieceLength(3))).allMatch(p -> p.length() <= 3);
        assertThat(pieces(TrainerOptions.of(100).withByteFallback(false))).contains("\u6771");
    }

    @Test
    void memoryIsBoundedByTheNumberOfWords() {
        List<String> documents = new ArrayList<>();
        java.util.Random random = new java.util.Random(1);
        for (int i = 0; i < 20_000; i++) { // many words seen once, and some seen often
            documents.add(
                    "common words " + Integer.toString(random.nextInt(), 36).replaceAll("[0-9]", "q"));
        }
        WordCounter counter =
                new WordCounter(TrainerOptions.of(300).withMaxWords(1000), new PieceRules(TrainerOptions.of(300)));
        documents.forEach(counter::add);
        assertThat(counter.words().size()).isLessThanOrEqualTo(1000);
        assertThat(counter.words().forgotten()).isPositive();
        assertThat(IntStream.range(0, counter.words().size())
                        .filter(w -> counter.words().text(w).equals("\u2581common"))
                        .mapToLong(counter.words()::count))
                .containsExactly(20_000L);
    }

    @Test
    void sampleAndSeedDecideWhatIsRead() {
        List<String> documents = IntStream.range(0, 400)
                .mapToObj(i -> "word" + (char) ('a' + i % 26))
                .toList();
        TrainerOptions half = TrainerOptions.of(300).withSample(0.5, 1);
        String one = new TokenizerTrainer(half)
                .train(documents.iterator())
                .tokenizer()
                .fingerprint();
        assertThat(new TokenizerTrainer(half)
                        .train(documents.iterator())
                        .tokenizer()
                        .fingerprint())
                .isEqualTo(one);
    }

    @Test
    void prefixesTheFirstLineOnlyWhereAskedTo() {
        WordCounter lines = new WordCounter(TrainerOptions.of(300), new PieceRules(TrainerOptions.of(300)));
        lines.add("ab\nab\r\nab");
        assertThat(lines.characters()[BpeModel.SPACE_MARK]).isEqualTo(3);
        assertThat(lines.characters()['\r']).isZero();
        TrainerOptions first = TrainerOptions.of(300).withPrefix(true, false);
        WordCounter document = new WordCounter(first, new PieceRules(first));
        document.add("ab\nab\r\nab");
        assertThat(document.characters()[BpeModel.SPACE_MARK]).isEqualTo(1);
    }
}
