package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.JsonFiles;
import dev.cria.base.ReferenceData;
import dev.cria.model.Golden;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Tier;
import dev.cria.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Log-likelihoods of real benchmark questions as lm-evaluation-harness computes them. */
class ScorerGoldenTest {
    private static final int DOCUMENTS = 8;

    @ParameterizedTest
    @CsvSource({
        "stories260k, stories260k-hf, true, openbookqa",
        "stories260k, stories260k-hf, true, boolq",
        "stories260k-nobos, stories260k-hf, false, arc_easy",
        "random-llama-32k, random-llama-32k-hf, true, piqa"
    })
    void logLikelihoodsEqualTheHarness(String results, String model, boolean bos, String task) throws Exception {
        Path requests = ReferenceData.require("eval-golden/" + task + ".jsonl");
        Path expected = ReferenceData.require("eval-golden/results/" + results + "/" + task + ".results.json");
        JsonNode documents = JsonFiles.readObject(expected, 64L << 20).get("per_doc");
        List<String> lines = Files.readAllLines(requests);
        try (Device device = Golden.open(Tier.NATIVE);
                LlamaModel llama = LlamaModel.load(ReferenceData.require("golden/" + model), device);
                LlamaSession session = llama.newSession(llama.config().maxPositionEmbeddings())) {
            Tokenizer tokenizer = llama.tokenizer().orElseThrow();
            Scorer scorer = new Scorer(session);
            int checked = 0;
            for (JsonNode document : documents) {
                JsonNode request = JsonFiles.parseObject(
                        lines.get(document.get("doc").intValue()).getBytes(StandardCharsets.UTF_8), requests);
                for (int c = 0; c < document.get("choices").size(); c++) {
                    JsonNode choice = document.get("choices").get(c);
                    Score score = scorer.score(
                            request.get("context").stringValue(),
                            request.get("continuations").get(c).stringValue(),
                            tokenizer,
                            bos);
                    assertThat(score.logProbability())
                            .isCloseTo(choice.get("loglikelihood").doubleValue(), within(1e-3));
                    assertThat(score.greedy()).isEqualTo(choice.get("is_greedy").booleanValue());
                    assertThat(score.tokens())
                            .isEqualTo(choice.get("continuation_ids").size());
                    assertThat(score.contextTokens())
                            .isEqualTo(choice.get("context_tokens").intValue());
                    assertThat(score.contextTokensKept())
                            .isEqualTo(choice.get("context_tokens_kept").intValue());
                }
                if (++checked == DOCUMENTS) {
                    break;
                }
            }
            assertThat(checked).isEqualTo(DOCUMENTS);
        }
    }
}
