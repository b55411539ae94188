package dev.cria.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetInspectorTest {
    private static final ToyTokenizer TOKENIZER = new ToyTokenizer();

    @TempDir
    Path dir;

    @Test
    void tellsWhatIsInADataSet() throws Exception {
        List<int[]> documents =
                List.of(TOKENIZER.encode("aaab"), TOKENIZER.encode("b"), TOKENIZER.encode("x".repeat(500)));
        TestDatasets.write(dir, TOKENIZER, Separators.BOTH, 1000, documents);
        DatasetReport report =
                DatasetInspector.inspect(dir, new InspectOptions(3, 200, 2, 1000, true), Optional.of(TOKENIZER));
        DatasetReport.Split train = report.splits().getFirst();
        assertThat(train.name()).isEqualTo("train");
        assertThat(train.tokens()).isEqualTo(4 + 1 + 500 + 6);
        assertThat(train.verification()).contains(new DatasetReport.Verification(true, ""));
        assertThat(train.previews())
                .containsExactly(
                        new DatasetReport.Preview(0, 6, "aaab", false),
                        new DatasetReport.Preview(1, 3, "b", false),
                        new DatasetReport.Preview(2, 502, "x".repeat(199), true));
        assertThat(train.distinctTokens()).isEqualTo(5);
        assertThat(train.countedTokens()).isEqualTo(511);
        assertThat(train.mostFrequent().getFirst().id()).isEqualTo(3 + 'x');
        assertThat(train.mostFrequent().getFirst().count()).isEqualTo(500);
        assertThat(train.mostFrequent()).hasSize(2);
        assertThat(train.shards()).hasSize(1);
        assertThat(train.shards().getFirst().tokenWidth()).isEqualTo(2);
        assertThat(report.splits().get(1).tokens()).isZero();
    }

    @Test
    void damageIsReportedNotThrown() throws Exception {
        TestDatasets.write(dir, TOKENIZER, Separators.BOTH, 1000, List.of(TOKENIZER.encode("some text")));
        Path shard = dir.resolve("train-00000.shard");
        byte[] bytes = Files.readAllBytes(shard);
        bytes[ShardHeader.BYTES + 3] ^= 1;
        Files.write(shard, bytes);
        DatasetReport.Split train = DatasetInspector.inspect(dir, InspectOptions.defaults())
                .splits()
                .getFirst();
        assertThat(train.verification().orElseThrow().intact()).isFalse();
        assertThat(train.verification().orElseThrow().problem()).contains("train-00000.shard", "checksum");
        assertThat(train.previews()).isEmpty();
    }

    @Test
    void anotherTokenizerIsRefused() throws Exception {
        TestDatasets.write(dir, TOKENIZER, Separators.BOTH, 1000, List.of(TOKENIZER.encode("some text")));
        assertThatThrownBy(() ->
                        DatasetInspector.inspect(dir, InspectOptions.defaults(), Optional.of(new ToyTokenizer(300))))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("another tokenizer");
    }

    @Test
    void aPreparedTextComesBackThroughTheTokenizerBesideIt() throws Exception {
        Path llama = ReferenceData.require("golden/llama2-tokenizer");
        Path text = Files.writeString(dir.resolve("a.txt"), "public final class Llama {}\n\t// é 猫 🦙\n");
        Path renamed = Files.copy(llama.resolve("tokenizer.model"), dir.resolve("llama.model"));
        for (Path tokenizer : List.of(llama, renamed)) {
            Path output = dir.resolve("out-" + tokenizer.getFileName());
            PrepareResult result =
                    DataPreparation.run(PrepareOptions.of(List.of(text), tokenizer, output), progress -> {});
            assertThat(result.manifest().tokenizer().vocabularySize()).isEqualTo(32_000);
            assertThat(result.manifest().tokenizer().files()).isNotEmpty();
            DatasetReport report = DatasetInspector.inspect(output, InspectOptions.defaults());
            assertThat(report.tokenizer()).isTrue();
            DatasetReport.Split train = report.splits().getFirst();
            assertThat(train.previews().getFirst().text()).isEqualTo(Files.readString(text));
            assertThat(train.bytesPerToken().orElseThrow()).isEqualTo((double) Files.size(text) / train.tokens());
        }
    }
}
