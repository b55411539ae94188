package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.model.hub.FakeHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** From a hub to a model that writes, by the command line alone. */
class PullCommandTest {
    private static final String MODEL = "karpathy/stories260K";

    @TempDir
    private Path directory;

    private FakeHub hub;

    @BeforeEach
    void hub() throws IOException {
        hub = new FakeHub(MODEL);
    }

    @AfterEach
    void close() throws IOException {
        hub.close();
    }

    private CriaProcess cria(Map<String, String> more) {
        Map<String, String> environment = new java.util.HashMap<>(Map.of(
                "HF_ENDPOINT", hub.address(), "HF_HOME", directory.resolve("hf").toString()));
        environment.putAll(more);
        return new CriaProcess(directory, environment);
    }

    @Test
    void whatWasPulledIsThereByItsName() throws Exception {
        Path model = ReferenceData.require("golden/stories260k-hf");
        for (String name : List.of("config.json", "tokenizer.json", "tokenizer_config.json")) {
            hub.small(name, Files.readAllBytes(model.resolve(name)));
        }
        hub.large("model.safetensors", Files.readAllBytes(model.resolve("model.safetensors")))
                .small("pytorch_model.bin", "pickled");
        CriaProcess cria = cria(Map.of("HF_TOKEN", "hf_me"));

        Cria.Result missing = cria.run("generate", "--model", MODEL, "--prompt", "Once");
        assertThat(missing.code()).isEqualTo(2);
        assertThat(missing.err())
                .endsWith("cria: there is nothing at " + MODEL + ", and no model of that name was pulled\n"
                        + "HINT: check the path, or fetch the model: `cria pull " + MODEL + "`\n");

        Cria.Result pulled = cria.run("pull", MODEL);
        assertThat(pulled.err()).startsWith("4 files, ").contains("\nfetched 1");
        assertThat(pulled.code()).isZero();
        Path snapshot = directory.resolve("hf/hub/models--karpathy--stories260K/snapshots/" + FakeHub.COMMIT);
        assertThat(pulled.out()).isEqualTo(snapshot + "\n");
        assertThat(snapshot.resolve("pytorch_model.bin")).doesNotExist();
        assertThat(hub.requests())
                .allMatch(request -> "Bearer hf_me".equals(request.headers().get("authorization")));

        JsonNode again =
                JsonMapper.shared().readTree(cria.run("pull", MODEL, "--json").out());
        assertThat(again.get("path").stringValue()).isEqualTo(snapshot.toString());
        assertThat(again.get("downloaded_bytes").longValue()).isZero();
        assertThat(again.get("files").size()).isEqualTo(4);

        Cria.Result text = cria.run(
                "generate", "--model", MODEL, "--prompt", "Once upon a time", "--temperature", 0, "--stop", "Lily");
        assertThat(text.out()).isEqualTo(", there was a little girl named \n");
        assertThat(cria.run("info", MODEL).out()).startsWith(MODEL + ": model");
    }

    @Test
    void ctrlCKeepsWhatIsThere() throws Exception {
        byte[] weights = new byte[4 << 20];
        new java.util.Random(5).nextBytes(weights);
        hub.large("model.gguf", weights);
        hub.when("resolve", (request, reply) -> {
            if (request.from() == 0) {
                reply.head(200, weights.length).body(weights, 0, 1 << 20);
                sleep(20_000);
            } else {
                hub.answer(request, reply);
            }
        });
        CriaProcess cria = cria(Map.of());
        Process process = cria.start("pull", MODEL);
        Path incomplete = directory.resolve(
                "hf/hub/models--karpathy--stories260K/blobs/" + FakeHub.sha256(weights) + ".incomplete");
        for (int i = 0; i < 300 && !(Files.exists(incomplete) && Files.size(incomplete) >= 1 << 20); i++) {
            sleep(50);
        }
        process.destroy(); // as a terminal does on Ctrl-C, but for the signal's number
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(cria.result(process.exitValue()).err()).contains("what has arrived is kept");
        assertThat(incomplete).hasSize(1 << 20);

        Cria.Result rest = cria.run("pull", MODEL, "--json");
        JsonNode told = JsonMapper.shared().readTree(rest.out());
        assertThat(told.get("downloaded_bytes").longValue()).isEqualTo(3 << 20);
        assertThat(Files.readAllBytes(Path.of(told.get("path").stringValue()))).isEqualTo(weights);
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void refusalsAreOneSentenceAndAHint() throws Exception {
        hub.when(
                "/api/",
                (request, reply) -> reply.header("X-Error-Code", "GatedRepo").whole(403, new byte[0]));
        CriaProcess cria = cria(Map.of());
        Cria.Result gated = cria.run("pull", MODEL);
        assertThat(gated.code()).isEqualTo(2);
        assertThat(gated.out()).isEmpty();
        assertThat(gated.err().lines()).hasSize(2);
        assertThat(gated.err()).contains("gated").contains("HINT: accept its licence");
    }

    @Test
    void wrongUsageIsRefusedWithoutANetwork() {
        assertThat(Cria.run("pull", "just-a-name").err()).contains("ORG/NAME");
        assertThat(Cria.run("pull", "../x/y").code()).isEqualTo(2);
        assertThat(Cria.run("pull", "o/m", "--file", "../x", "--endpoint", "http://127.0.0.1:1")
                        .code())
                .isEqualTo(2);
        assertThat(Cria.run("pull", "o/m", "--file", "x", "--include", "y").err())
                .contains("--include");
        assertThat(Cria.run("pull", "o/m", "--endpoint", "mirror").err()).contains("--endpoint");
        assertThat(Cria.run("pull", "o/m", "--connections", 0).code()).isEqualTo(2);
        assertThat(Cria.run("pull", "o/m", "--revision", "../../x", "--endpoint", "http://127.0.0.1:1")
                        .err())
                .contains("revision");
        assertThat(Cria.run("pull", "--help").out()).contains("cria pull TinyLlama/");
    }
}
