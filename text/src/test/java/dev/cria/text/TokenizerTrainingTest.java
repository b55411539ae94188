package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class TokenizerTrainingTest {
    private record Corpus(String train, String heldOut, JsonNode models) {}

    private static Corpus corpus() throws Exception {
        byte[] bytes = Files.readAllBytes(ReferenceData.require("golden/tokenizer-training/input.txt"));
        JsonNode json = tools.jackson.databind.json.JsonMapper.shared()
                .readTree(ReferenceData.require("golden/tokenizer-training/training.json")
                        .toFile());
        int train = json.path("train_bytes").intValue();
        return new Corpus(
                new String(bytes, 0, train, StandardCharsets.UTF_8),
                new String(bytes, train, bytes.length - train, StandardCharsets.UTF_8),
                json.path("models"));
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 2000})
    void isAsGoodAsTheReferenceOnTheHeldOutText(int size) throws Exception {
        Corpus corpus = corpus();
        Tokenizer trained = new TokenizerTrainer(TrainerOptions.of(size))
                .train(List.of(corpus.train()).iterator())
                .tokenizer();
        assertThat(trained.vocabularySize()).isEqualTo(size);
        JsonNode reference = null;
        for (JsonNode model : corpus.models()) {
            reference = model.path("vocab_size").intValue() == size ? model : reference;
        }
        assertThat(reference).isNotNull();
        double bytes = corpus.heldOut().getBytes(StandardCharsets.UTF_8).length;
        double whole = trained.encode(corpus.heldOut()).length / bytes;
        long textBytes = corpus.heldOut().replace("\n", "").getBytes(StandardCharsets.UTF_8).length;
        double byLine = Arrays.stream(corpus.heldOut().split("\n"))
                        .mapToInt(line -> trained.encode(line).length)
                        .sum()
                / (double) textBytes;
        assertThat(whole)
                .isLessThan(1.01 * reference.path("tokens_per_byte_whole_text").doubleValue());
        assertThat(byLine)
                .isLessThan(
                        1.01 * reference.path("tokens_per_byte_line_by_line").doubleValue());
    }

    @Test
    void savesFilesThatGiveTheSameIds(@TempDir Path dir) throws Exception {
        Corpus corpus = corpus();
        TrainedTokenizer trained = new TokenizerTrainer(TrainerOptions.of(1000))
                .train(List.of(corpus.train()).iterator());
        trained.save(dir);
        Tokenizer model = Tokenizers.load(dir.resolve("tokenizer.model"));
        Tokenizer json = Tokenizers.load(dir.resolve("tokenizer.json"));
        String text = corpus.heldOut() + "  \u00e9\u4e2d\ud83d\ude00 1234\t</s>";
        assertThat(model.encode(text))
                .isEqualTo(trained.tokenizer().encode(text))
                .isEqualTo(json.encode(text));
        assertThat(json.decode(json.encode(text))).isEqualTo(text);
        assertThat(model.fingerprint())
                .isEqualTo(json.fingerprint())
                .isEqualTo(trained.tokenizer().fingerprint());
        assertThat(json.eosId()).isEqualTo(2);
        assertThat(json.padId()).hasValue(2);
    }

    @Test
    void refusesNoTextAndTooSmallVocabularies() {
        assertThatThrownBy(() -> new TokenizerTrainer(TrainerOptions.of(300))
                        .train(List.of("", "\n\n").iterator()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no text");
        assertThatThrownBy(() -> new TokenizerTrainer(TrainerOptions.of(262))
                        .train(List.of("abcdefgh").iterator()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("too small");
        assertThatThrownBy(() -> TrainerOptions.of(1)).isInstanceOf(UserError.class);
    }

    @Test
    void aTinyTextGivesASmallerVocabulary() {
        TrainedTokenizer trained = new TokenizerTrainer(TrainerOptions.of(5000))
                .train(List.of("hello hello world").iterator());
        assertThat(trained.isComplete()).isFalse();
        assertThat(trained.tokenizer().encode("hello")).hasSize(1);
        assertThat(trained.tokenizer().decode(trained.tokenizer().encode("hello w\u00f6rld")))
                .isEqualTo("hello w\u00f6rld");
    }
}
