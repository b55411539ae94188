package dev.cria.eval.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.eval.task.Dataset;
import dev.cria.eval.task.TaskData;
import dev.cria.model.hub.FakeHub;
import dev.cria.model.hub.HubSettings;
import dev.cria.model.hub.PullListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubRowsTest {
    private static final Dataset EASY =
            new Dataset("allenai/ai2_arc", Optional.of("ARC-Easy"), "arc_easy", "test", Optional.of("train"));
    private static final Dataset PLAIN =
            new Dataset("allenai/ai2_arc", Optional.empty(), "plain", "test", Optional.empty());

    @TempDir
    private Path home;

    private final List<String> notices = new ArrayList<>();
    private FakeHub hub;

    @BeforeEach
    void open() throws IOException {
        hub = new FakeHub("allenai/ai2_arc").ofDataset();
    }

    @AfterEach
    void close() throws IOException {
        hub.close();
    }

    private HubRows rows(String... more) {
        Map<String, String> environment =
                new HashMap<>(Map.of("HF_ENDPOINT", hub.address(), "HF_HOME", home.toString(), "HF_TOKEN", "hf_me"));
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        PullListener listener = new PullListener() {
            @Override
            public void onNotice(String sentence) {
                notices.add(sentence);
            }
        };
        return new HubRows(HubSettings.of(environment, home), environment, listener, Duration.ofMillis(1));
    }

    private static byte[] line(String text) {
        return ("{\"text\": \"" + text + "\"}\n").getBytes();
    }

    @Test
    void oneSplitIsFetchedOnceAndThenTakenFromTheCache() throws Exception {
        hub.small("README.md", "about")
                .large("ARC-Easy/test-00000-of-00002.jsonl", line("a"))
                .large("ARC-Easy/test-00001-of-00002.jsonl", line("b"))
                .large("ARC-Easy/train-00000-of-00001.jsonl", line("c"))
                .large("ARC-Challenge/test-00000-of-00001.jsonl", line("d"));
        List<Path> files = rows().files(EASY, "test");
        Path snapshot = home.resolve("hub/datasets--allenai--ai2_arc/snapshots/" + FakeHub.COMMIT);
        assertThat(files)
                .containsExactly(
                        snapshot.resolve("ARC-Easy/test-00000-of-00002.jsonl"),
                        snapshot.resolve("ARC-Easy/test-00001-of-00002.jsonl"));
        assertThat(files.getLast()).hasBinaryContent(line("b"));
        assertThat(hub.requests("resolve"))
                .hasSize(2)
                .allMatch(request -> request.path().startsWith("/datasets/allenai/ai2_arc/resolve/"));
        assertThat(hub.requests())
                .allMatch(request -> "Bearer hf_me".equals(request.headers().get("authorization")));
        assertThat(notices).containsExactly("fetching the test rows of allenai/ai2_arc (ARC-Easy)");

        int asked = hub.requests().size();
        assertThat(rows().files(EASY, "test")).isEqualTo(files);
        assertThat(rows("HF_HUB_OFFLINE", "1").files(EASY, "test")).isEqualTo(files);
        assertThat(hub.requests()).hasSize(asked);
        assertThat(rows().files(EASY, "train")).hasSize(1);
        Files.delete(files.getFirst());
        assertThat(rows().files(EASY, "test")).isEqualTo(files);
        assertThat(files.getFirst()).hasBinaryContent(line("a"));
    }

    @Test
    void rowsOfTasksComeFromTheFolderFirst(@TempDir Path folder) throws Exception {
        hub.small("ARC-Easy/test.jsonl", line("hub"));
        TaskData data = TaskData.in(folder).orElse(rows());
        assertThat(data.rows(EASY, "test")).hasSize(1);
        assertThat(hub.requests()).isNotEmpty();
        int asked = hub.requests().size();
        Files.write(folder.resolve("arc_easy.jsonl"), (new String(line("x")) + new String(line("y"))).getBytes());
        assertThat(data.rows(EASY, "test")).hasSize(2);
        assertThat(TaskData.from(rows()).rows(EASY, "test")).hasSize(1);
        assertThat(hub.requests()).hasSize(asked);
    }

    @Test
    void aDataSetWithoutConfigurationIsFoundWhereverItsOneFolderIs() {
        hub.small("whatever/test-00000-of-00001.jsonl", line("a")).small("whatever/train.jsonl", line("b"));
        assertThat(rows().files(PLAIN, "test"))
                .singleElement()
                .satisfies(file -> assertThat(file).hasBinaryContent(line("a")));
    }

    @Test
    void whatThePublisherHasAsAScriptTheHubHasConverted() {
        hub.small("ai2_arc.py", "a script");
        hub.when(
                "refs%2Fconvert%2Fparquet",
                (request, reply) -> {
                    String json = "{\"sha\":\"" + FakeHub.COMMIT
                            + "\",\"siblings\":[{\"rfilename\":\"ARC-Easy/test/0000.parquet\","
                            + "\"size\":4,\"blobId\":\"" + FakeHub.gitSha1("PAR1".getBytes()) + "\"}]}";
                    reply.whole(200, json.getBytes());
                });
        hub.when(
                "ARC-Easy/test/0000.parquet",
                (request, reply) -> reply.header("X-Repo-Commit", FakeHub.COMMIT)
                        .header("ETag", "\"" + FakeHub.gitSha1("PAR1".getBytes()) + "\"")
                        .whole(200, "PAR1".getBytes()));
        List<Path> files = rows().files(EASY, "test");
        assertThat(files).singleElement().satisfies(file -> assertThat(file).hasContent("PAR1"));
        assertThat(rows("HF_HUB_OFFLINE", "1").files(EASY, "test")).isEqualTo(files);
    }

    @Test
    void whatIsNotToBeHadIsSaid() throws Exception {
        hub.small("ARC-Challenge/test.jsonl", line("d"));
        assertThatThrownBy(() -> rows().files(EASY, "test"))
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.exitCode()).isEqualTo(2))
                .hasMessageStartingWith("the test rows of allenai/ai2_arc (ARC-Easy) are not to be had: no file of");
        Dataset unknown = new Dataset("no/such", Optional.empty(), "x", "test", Optional.empty());
        assertThatThrownBy(() -> rows().files(unknown, "test")).hasMessageContaining("has no data set no/such (404)");
        Dataset nameless = new Dataset("no such", Optional.empty(), "x", "test", Optional.empty());
        assertThatThrownBy(() -> rows().files(nameless, "test")).hasMessageContaining("no name of a data set");
        assertThatThrownBy(() -> rows("HF_HUB_OFFLINE", "1").files(EASY, "test"))
                .hasMessageContaining("HF_HUB_OFFLINE forbids the network");
        HubRows nowhere = rows();
        hub.close();
        assertThatThrownBy(() -> nowhere.files(EASY, "test"))
                .isInstanceOfSatisfying(UserError.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(1);
                    assertThat(e.hint()).contains("--data");
                })
                .hasMessageStartingWith("the test rows of allenai/ai2_arc (ARC-Easy) cannot be fetched: ");
    }

    @Test
    void aDamagedDownloadIsRefused() {
        hub.large("ARC-Easy/test.jsonl", line("a"));
        hub.when(
                "/resolve/",
                (request, reply) -> reply.header("X-Repo-Commit", FakeHub.COMMIT)
                        .header("ETag", "\"" + FakeHub.sha256(line("a")) + "\"")
                        .whole(200, line("b")));
        assertThatThrownBy(() -> rows().files(EASY, "test")).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> rows("HF_HUB_OFFLINE", "1").files(EASY, "test"))
                .hasMessageContaining("OFFLINE");
    }

    @Test
    void severalConfigurationsAreNotGuessedAt() {
        hub.small("a/test.jsonl", line("a")).small("b/test.jsonl", line("b"));
        assertThatThrownBy(() -> rows().files(PLAIN, "test")).hasMessageContaining("both ");
    }
}
