package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.model.hub.FakeHub;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tasks whose rows are at a hub, by the command line alone. */
class EvalFetchTest {
    @TempDir
    private Path directory;

    private CriaProcess cria(FakeHub hub, String... more) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "HF_ENDPOINT", hub.address(), "HF_HOME", directory.resolve("hf").toString()));
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return new CriaProcess(directory, environment);
    }

    @Test
    void rowsAreFetchedOnceAndScoreAsLocalOnesDo() throws Exception {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path rows = ReferenceData.require("eval-data");
        Path fetched = directory.resolve("fetched.json");
        Path local = directory.resolve("local.json");
        try (FakeHub hub = new FakeHub("baber/piqa").ofDataset()) {
            hub.large("data/validation.jsonl", Files.readAllBytes(rows.resolve("piqa.jsonl")))
                    .small("data/train.jsonl", "{}");
            Cria.Result first =
                    cria(hub).run("eval", "--model", model, "--tasks", "piqa", "--limit", 5, "--output", fetched);
            assertThat(first.code()).as(first.err()).isZero();
            assertThat(first.err()).contains("fetching the validation rows of baber/piqa");
            assertThat(hub.requests("train.jsonl")).isEmpty();
            Cria.Result again = cria(hub, "HF_HUB_OFFLINE", "1")
                    .run("eval", "--model", model, "--tasks", "piqa", "--limit", 5, "--output", local, "--data", rows);
            assertThat(again.code()).as(again.err()).isZero();
            assertThat(again.out()).isEqualTo(first.out());
            assertThat(results(fetched)).isEqualTo(results(local));

            Cria.Result absent = cria(hub).run("eval", "--model", model, "--tasks", "boolq", "--limit", 5);
            assertThat(absent.code()).isEqualTo(2);
            assertThat(absent.err())
                    .contains("the validation rows of aps/super_glue (boolq) are not to be had")
                    .contains("--data");
        }
        try (FakeHub gone = new FakeHub("x/y")) {
            gone.close();
            Cria.Result offline = cria(gone, "HF_HUB_OFFLINE", "1")
                    .run("eval", "--model", model, "--tasks", "arc_easy", "--limit", 5);
            assertThat(offline.code()).isEqualTo(2);
            assertThat(offline.err()).contains("the test rows of allenai/ai2_arc (ARC-Easy) are not in the cache");
            Cria.Result unreachable = cria(gone).run("eval", "--model", model, "--tasks", "arc_easy", "--limit", 5);
            assertThat(unreachable.code()).isEqualTo(1);
            assertThat(unreachable.err()).contains("cannot be fetched").contains("no connection");
        }
    }

    private static JsonNode results(Path file) throws Exception {
        return JsonMapper.shared().readTree(Files.readString(file)).get("results");
    }
}
