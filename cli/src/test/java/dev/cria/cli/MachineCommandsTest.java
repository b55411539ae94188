package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code doctor}, {@code bench} and the help of every command. */
class MachineCommandsTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @Test
    void doctorSaysWhatWasDecided() {
        Cria.Result text = Cria.run("doctor", "--threads", 1);
        assertThat(text.code()).isZero();
        assertThat(text.err()).isEmpty();
        assertThat(text.out())
                .contains("java")
                .contains("processor")
                .contains("decision")
                .contains("GFLOP/s on 1 thread");
        JsonNode checks = JSON.readTree(
                        Cria.run("doctor", "--json", "--threads", 1).out())
                .get("checks");
        List<String> names = checks.valueStream()
                .map(check -> check.get("name").stringValue())
                .toList();
        assertThat(names).contains("java", "memory", "disk", "matrix f32", "matrix bf16");
        checks.forEach(check -> assertThat(check.get("status").stringValue()).isIn("OK", "NOTE", "BAD"));
    }

    /** On a machine with a GPU, the last one of a thousand is not there. */
    @ParameterizedTest
    @ValueSource(strings = {"cuda:999", "CUDA:999"})
    void aGpuThatIsNotThereIsOneSentence(String name) {
        Cria.Result result = Cria.run("bench", "--train", "--config", "tiny", "--device", name);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().lines()).hasSize(2);
        assertThat(result.err()).startsWith("cria: ").contains("HINT: ");
    }

    @Test
    void doctorLooksForAGpu() {
        JsonNode checks = JSON.readTree(
                        Cria.run("doctor", "--json", "--threads", 1).out())
                .get("checks");
        JsonNode cuda = checks.valueStream()
                .filter(check -> check.get("name").stringValue().equals("cuda"))
                .findFirst()
                .orElseThrow();
        assertThat(cuda.get("status").stringValue()).isIn("OK", "NOTE");
        assertThat(cuda.get("value").stringValue()).isNotBlank();
    }

    @Test
    void benchTimesTrainingSteps() {
        Cria.Result result = Cria.run(
                "bench",
                "--train",
                "--config",
                "tiny",
                "--micro-batch",
                1,
                "--sequence",
                16,
                "--steps",
                2,
                "--threads",
                1,
                "--json");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.lines()).hasSize(2);
        for (String line : result.lines()) {
            JsonNode sample = JSON.readTree(line);
            assertThat(sample.get("train").doubleValue()).isPositive();
            assertThat(sample.get("params").longValue()).isEqualTo(125_248);
            assertThat(sample.get("shape").stringValue()).isEqualTo("tiny");
            assertThat(sample.get("mode").stringValue()).isEqualTo("f32");
            assertThat(sample.get("t1").doubleValue())
                    .isGreaterThanOrEqualTo(sample.get("t0").doubleValue());
        }
    }

    @Test
    void benchTimesReadingAndWriting() {
        Cria.Result result = Cria.run(
                "bench",
                "--config",
                "tiny",
                "--prefill",
                20,
                "--decode",
                20,
                "--repetitions",
                1,
                "--threads",
                1,
                "--json");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.lines()).hasSize(4);
        JsonNode read = JSON.readTree(result.lines().get(0));
        assertThat(read.get("prefill").doubleValue()).isPositive();
        assertThat(read.get("n").intValue()).isEqualTo(20);
        assertThat(JSON.readTree(result.lines().get(1)).get("n").intValue()).isEqualTo(16);
        assertThat(JSON.readTree(result.lines().get(2)).get("n").intValue()).isEqualTo(4);
        JsonNode sum = JSON.readTree(result.lines().get(3));
        assertThat(sum.get("bytes_per_token").longValue()).isBetween(200_000L, 4L * 125_248);
        assertThat(sum.get("memory_bandwidth").longValue()).isGreaterThan(100_000_000L);
        // So small a model is read from caches, so the share may be over 1; it must be what the other figures make it.
        double bytes = sum.get("decode_median").doubleValue()
                * sum.get("bytes_per_token").longValue();
        assertThat(sum.get("bandwidth_share").doubleValue())
                .isCloseTo(bytes / sum.get("memory_bandwidth").doubleValue(), within(1e-3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bench",
                "bench --config tiny --prefill 0 --decode 0",
                "bench --config tiny --depth 0",
                "bench --train --model x",
                "bench --train --config giant",
                "bench --train --config tiny --steps 0",
                "bench --train --config tiny --sequence 100000",
                "bench --train --micro-batch x",
                "doctor --threads -1",
                "doctor extra",
                "quickstart --minutes soon",
                "quickstart --resume --fresh",
            })
    void mistakesAreRefused(String words) {
        Cria.Result result = Cria.run((Object[]) words.split(" "));
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("cria: ").doesNotContain("\tat ");
        assertThat(result.err().lines()).hasSizeLessThanOrEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "quickstart",
                "tokenizer",
                "tokenizer train",
                "tokenizer encode",
                "tokenizer decode",
                "data",
                "data prepare",
                "data inspect",
                "pretrain",
                "curves",
                "generate",
                "chat",
                "pull",
                "convert",
                "score",
                "logits",
                "bench",
                "info",
                "doctor"
            })
    void everyCommandHasHelp(String command) {
        Cria.Result help = Cria.run((Object[]) (command + " --help").strip().split(" "));
        assertThat(help.code()).isZero();
        assertThat(help.err()).isEmpty();
        assertThat(help.out())
                .contains("Usage: cria" + (command.isEmpty() ? "" : " " + command))
                .contains("--verbose");
        if (!command.equals("tokenizer") && !command.equals("data")) {
            assertThat(help.out()).contains("Examples:");
        }
    }
}
