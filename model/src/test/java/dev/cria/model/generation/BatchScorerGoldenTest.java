package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.JsonFiles;
import dev.cria.base.ReferenceData;
import dev.cria.model.Golden;
import dev.cria.model.LlamaModel;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Tier;
import dev.cria.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Every multiple-choice document that lm-evaluation-harness scored: ids, cuts, log-likelihoods and greediness, in batches. */
class BatchScorerGoldenTest {
    @ParameterizedTest
    @CsvSource({
        "stories260k, stories260k-hf, true",
        "stories260k-nobos, stories260k-hf, false",
        "random-llama-32k, random-llama-32k-hf, true",
        "random-llama-32k-nobos, random-llama-32k-hf, false"
    })
    void everyDocumentEqualsTheHarness(String results, String model, boolean bos) throws Exception {
        Path folder = ReferenceData.require("eval-golden/results/" + results);
        List<Path> files;
        try (Stream<Path> found = Files.walk(folder)) {
            files = found.filter(file -> file.toString().endsWith(".results.json"))
                    .sorted()
                    .toList();
        }
        try (Device device = Golden.open(Tier.NATIVE);
                LlamaModel llama = LlamaModel.load(ReferenceData.require("golden/" + model), device);
                BatchScorer scorer = new BatchScorer(llama, llama.config().maxPositionEmbeddings())) {
            int documents = 0;
            for (Path file : files) {
                JsonNode expected = JsonFiles.readObject(file, 64L << 20).get("per_doc");
                if (expected.get(0).has("choices")) {
                    String task = folder.relativize(file).toString().replace(".results.json", ".jsonl");
                    check(scorer, ReferenceData.require("eval-golden/" + task), expected, llama, bos);
                    documents += expected.size();
                }
            }
            assertThat(documents).isGreaterThanOrEqualTo(bos ? 600 : 350);
        }
    }

    private static void check(BatchScorer scorer, Path requests, JsonNode documents, LlamaModel llama, boolean bos)
            throws Exception {
        Tokenizer tokenizer = llama.tokenizer().orElseThrow();
        List<String> lines = Files.readAllLines(requests);
        List<ScoringPair> pairs = new ArrayList<>();
        List<JsonNode> expected = new ArrayList<>();
        for (JsonNode document : documents) {
            if (document.path("tokenizer_model_differs").asBoolean(false)) {
                assertThat(llama.config().vocabSize()).isEqualTo(512);
            }
            JsonNode request = JsonFiles.parseObject(
                    lines.get(document.get("doc").intValue()).getBytes(StandardCharsets.UTF_8), requests);
            for (int c = 0; c < document.get("choices").size(); c++) {
                JsonNode context =
                        request.has("contexts") ? request.get("contexts").get(c) : request.get("context");
                pairs.add(ScoringPair.of(
                        context.stringValue(),
                        request.get("continuations").get(c).stringValue(),
                        tokenizer,
                        bos));
                expected.add(document.get("choices").get(c));
            }
        }
        List<Score> scores = scorer.score(pairs);
        for (int i = 0; i < pairs.size(); i++) {
            JsonNode choice = expected.get(i);
            Score score = scores.get(i);
            String name = requests.getFileName() + " pair " + i;
            assertThat(Arrays.stream(pairs.get(i).continuation()).boxed())
                    .as(name)
                    .containsExactly(Arrays.stream(Golden.ids(choice.get("continuation_ids")))
                            .boxed()
                            .toArray(Integer[]::new));
            assertThat(hash(pairs.get(i).context()))
                    .as(name)
                    .isEqualTo(choice.get("context_sha256").stringValue());
            assertThat(score.contextTokens())
                    .as(name)
                    .isEqualTo(choice.get("context_tokens").intValue());
            assertThat(score.contextTokensKept())
                    .as(name)
                    .isEqualTo(choice.get("context_tokens_kept").intValue());
            assertThat(score.logProbability())
                    .as(name)
                    .isCloseTo(choice.get("loglikelihood").doubleValue(), within(1e-3));
            assertThat(score.greedy())
                    .as(name)
                    .isEqualTo(choice.get("is_greedy").booleanValue());
        }
    }

    private static String hash(int[] ids) throws Exception {
        String joined = Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(","));
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(joined.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest, 0, 8);
    }
}
