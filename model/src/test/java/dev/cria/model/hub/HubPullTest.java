package dev.cria.model.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way of a model from a hub to the cache, over networks of every kind. */
class HubPullTest {
    private static final String MODEL = "org/tiny";
    private static final String WEIGHTS = "model.safetensors";
    private static final int PART = 64 << 10;
    private static final TransferOptions OPTIONS =
            new TransferOptions(4, PART, 5, Duration.ofMillis(2), Duration.ofMillis(400));

    @TempDir
    private Path home;

    private final byte[] weights = random(1, 10 * PART + 12_345);
    private final byte[] config = "{\"model_type\":\"llama\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> progress = Collections.synchronizedList(new ArrayList<>());
    private FakeHub hub;

    @BeforeEach
    void hub() throws IOException {
        hub = new FakeHub(MODEL).small("config.json", config).large(WEIGHTS, weights);
    }

    @AfterEach
    void close() throws IOException {
        hub.close();
    }

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private HubSettings settings(Optional<String> token) {
        return new HubSettings(URI.create(hub.address()), token, home.resolve("hub"), false);
    }

    private PullResult pull() throws Exception {
        return pull(PullRequest.of(HubName.require(MODEL)), settings(Optional.empty()));
    }

    private PullResult pull(PullRequest request, HubSettings settings) throws Exception {
        return new HubPull(settings, OPTIONS, Map.of()).run(request, new PullListener() {
            @Override
            public void onNotice(String sentence) {
                notices.add(sentence);
            }

            @Override
            public void onStart(int files, long totalBytes, long presentBytes) {
                progress.add(presentBytes);
            }

            @Override
            public void onBytes(long bytes) {
                progress.add(bytes);
            }
        });
    }

    private void assertComplete(PullResult result) throws IOException {
        assertThat(Files.readAllBytes(result.snapshot().resolve(WEIGHTS))).isEqualTo(weights);
        assertThat(Files.readAllBytes(result.snapshot().resolve("config.json"))).isEqualTo(config);
        assertThat(progress.getLast()).isEqualTo((long) weights.length + config.length);
        assertThat(incomplete()).isEmpty();
    }

    private List<Path> incomplete() throws IOException {
        try (var files = Files.walk(home)) {
            return files.filter(path -> path.toString().endsWith(".incomplete")).toList();
        }
    }

    private Path blob(byte[] content) {
        return home.resolve("hub/models--org--tiny/blobs/" + FakeHub.sha256(content));
    }

    @Test
    void laysFilesOutAsHuggingFaceDoes() throws Exception {
        hub.delayed(Duration.ofMillis(30));
        PullResult result = pull();
        assertComplete(result);
        Path model = home.resolve("hub/models--org--tiny");
        assertThat(result.path()).isEqualTo(model.resolve("snapshots/" + FakeHub.COMMIT));
        assertThat(result.downloadedBytes()).isEqualTo((long) weights.length + config.length);
        assertThat(Files.readString(model.resolve("refs/main"))).isEqualTo(FakeHub.COMMIT);
        assertThat(Files.readSymbolicLink(result.snapshot().resolve(WEIGHTS)))
                .isEqualTo(Path.of("../../blobs/" + FakeHub.sha256(weights)));
        assertThat(Files.readSymbolicLink(result.snapshot().resolve("config.json")))
                .isEqualTo(Path.of("../../blobs/" + FakeHub.gitSha1(config)));
        assertThat(new HubCache(home.resolve("hub")).find(MODEL)).contains(result.path());
        assertThat(hub.mostOpen()).isBetween(2, 4);
        assertThat(notices).isEmpty();
    }

    @Test
    void pullsNothingTwice() throws Exception {
        pull();
        int asked = hub.requests().size();
        PullResult again = pull();
        assertThat(again.downloadedBytes()).isZero();
        assertThat(hub.requests()).hasSize(asked + 1); // the listing
    }

    @Test
    void connectionsThatBreakMidFileAreGoneOnFrom() throws Exception {
        AtomicInteger served = new AtomicInteger();
        hub.when("/resolve/" + FakeHub.COMMIT + "/" + WEIGHTS, (request, reply) -> {
            served.incrementAndGet();
            reply.part(request, weights, 20_000);
        });
        assertComplete(pull());
        assertThat(served.get()).isGreaterThan(weights.length / 20_000);
        assertThat(notices).isNotEmpty().allMatch(notice -> notice.contains(WEIGHTS));
        // Nothing was asked for twice.
        assertThat(hub.requests(WEIGHTS).stream().map(FakeHub.Request::from)).doesNotHaveDuplicates();
    }

    @Test
    void aFailureKeepsWhatIsThereAndTheNextPullGoesOn() throws Exception {
        AtomicInteger left = new AtomicInteger(3);
        hub.when(WEIGHTS, (request, reply) -> {
            if (left.getAndDecrement() > 0) {
                hub.answer(request, reply);
            } else {
                reply.breakOff();
            }
        });
        assertThatThrownBy(this::pull).isInstanceOfSatisfying(UserError.class, e -> {
            assertThat(e.exitCode()).isEqualTo(UserError.FAILED);
            assertThat(e.hint()).contains("goes on where it was");
        });
        assertThat(incomplete()).hasSize(1);
        long kept = Files.size(incomplete().getFirst());
        assertThat(kept).isPositive();
        assertThat(new HubCache(home.resolve("hub")).find(MODEL)).isEmpty();

        left.set(Integer.MAX_VALUE);
        hub.requests().clear();
        PullResult result = pull();
        assertComplete(result);
        assertThat(result.downloadedBytes()).isEqualTo(weights.length - kept);
        assertThat(hub.requests(WEIGHTS).stream()
                        .mapToLong(FakeHub.Request::from)
                        .min())
                .hasValue(kept);
    }

    @Test
    void aServerWithoutRangesSendsTheFileAnew() throws Exception {
        Path incomplete = blob(weights).resolveSibling(FakeHub.sha256(weights) + ".incomplete");
        Files.createDirectories(incomplete.getParent());
        Files.write(incomplete, java.util.Arrays.copyOf(weights, 100_000));
        AtomicInteger served = new AtomicInteger();
        hub.when(WEIGHTS, (request, reply) -> {
            if (served.getAndIncrement() == 0) {
                reply.head(200, weights.length).body(weights, 0, 200_000).breakOff();
            } else {
                reply.whole(200, weights);
            }
        });
        assertComplete(pull());
        assertThat(served).hasValue(2);
        assertThat(notices).anyMatch(notice -> notice.contains("beginning again"));
    }

    @Test
    void aServerThatBreaksEveryWholeFileIsGivenUp() {
        hub.when(
                WEIGHTS,
                (request, reply) -> reply.head(200, weights.length)
                        .body(weights, 0, 200_000)
                        .breakOff());
        assertThatThrownBy(this::pull).isInstanceOf(UserError.class).hasMessageContaining("5 attempts");
    }

    @Test
    void aChangedTagBeginsTheFileAgain() throws Exception {
        AtomicInteger served = new AtomicInteger();
        hub.when(WEIGHTS, (request, reply) -> {
            boolean old = served.getAndIncrement() < 3;
            reply.header("ETag", old ? "\"old\"" : "\"new\"").file(request, old ? new byte[weights.length] : weights);
        });
        assertComplete(pull());
        assertThat(notices).anyMatch(notice -> notice.contains("another file by now"));
    }

    @Test
    void tagsThatNeverStaySendUsForTheWholeFile() throws Exception {
        AtomicInteger served = new AtomicInteger();
        hub.when(
                WEIGHTS,
                (request, reply) -> reply.header("ETag", "\"" + served.getAndIncrement() + "\"")
                        .file(request, weights));
        assertComplete(pull());
        assertThat(hub.requests(WEIGHTS).getLast().hasRange()).isFalse();
    }

    @Test
    void damageOfAnEarlierAttemptIsFound() throws Exception {
        Path incomplete = blob(weights).resolveSibling(FakeHub.sha256(weights) + ".incomplete");
        Files.createDirectories(incomplete.getParent());
        Files.write(incomplete, new byte[300_000]);
        assertComplete(pull());
        assertThat(notices).anyMatch(notice -> notice.contains("wrong checksum after an earlier"));
    }

    @Test
    void wrongBytesAreRefused() throws Exception {
        byte[] wrong = weights.clone();
        wrong[500_000] ^= 1;
        hub.when(WEIGHTS, (request, reply) -> reply.file(request, wrong));
        assertThatThrownBy(this::pull).isInstanceOf(UserError.class).hasMessageContaining("wrong checksum, twice");
        assertThat(blob(weights)).doesNotExist();
        hub.when(WEIGHTS, hub::answer);
        assertComplete(pull());
        byte[] small = config.clone();
        small[3] ^= 1;
        Files.delete(home.resolve("hub/models--org--tiny/blobs/" + FakeHub.gitSha1(config)));
        hub.when("config.json", (request, reply) -> reply.file(request, small));
        assertThatThrownBy(this::pull).isInstanceOf(UserError.class).hasMessageContaining("config.json");
    }

    @Test
    void lengthsThatAreLiesAreRefused() {
        hub.when(
                WEIGHTS,
                (request, reply) -> reply.header("Content-Range", "bytes 0-65535/999999999999")
                        .head(206, PART)
                        .body(weights, 0, PART));
        assertThatThrownBy(this::pull).isInstanceOf(UserError.class).hasMessageContaining("999999999999");
        hub.when(WEIGHTS, (request, reply) -> reply.whole(200, new byte[10]));
        assertThatThrownBy(this::pull).isInstanceOf(UserError.class).hasMessageContaining("10");
    }

    @Test
    void aBodyWithoutLengthIsReadNoFurtherThanTheFile() throws Exception {
        hub.when(WEIGHTS, (request, reply) -> {
            reply.head(200, -1).body(weights, 0, weights.length);
            for (int i = 0; i < 1000; i++) {
                reply.body(new byte[PART], 0, PART);
            }
        });
        assertComplete(pull());
    }

    @Test
    void busyServersAreGivenTime() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        int[] statuses = {429, 500, 503};
        for (String part : List.of("/api/", "config.json", WEIGHTS)) {
            AtomicInteger count = new AtomicInteger();
            hub.when(part, (request, reply) -> {
                asked.incrementAndGet();
                int n = count.getAndIncrement();
                if (n < 3) {
                    reply.header("Retry-After", "0").whole(statuses[n], new byte[0]);
                } else {
                    hub.answer(request, reply);
                }
            });
        }
        assertComplete(pull());
        assertThat(notices).anyMatch(notice -> notice.contains("429"));
    }

    @Test
    void aVeryLongWaitIsTold() {
        hub.when(
                "/api/", (request, reply) -> reply.header("Retry-After", "7200").whole(429, new byte[0]));
        assertThatThrownBy(this::pull).isInstanceOf(UserError.class).hasMessageContaining("120 minutes");
    }

    @Test
    void aServerThatFallsSilentIsLeft() throws Exception {
        AtomicInteger served = new AtomicInteger();
        hub.when(WEIGHTS, (request, reply) -> {
            if (served.getAndIncrement() == 2) {
                reply.header(
                        "Content-Range",
                        "bytes " + request.from() + "-" + (request.from() + PART - 1) + "/" + weights.length);
                reply.head(206, PART).body(weights, (int) request.from(), 100);
                sleep(3000);
            } else {
                hub.answer(request, reply);
            }
        });
        assertComplete(pull());
        assertThat(notices).anyMatch(notice -> notice.contains("sent nothing for 0.4 s"));
    }

    @Test
    void slowIsNotSilent() throws Exception {
        hub.when("config.json", (request, reply) -> {
            reply.head(200, config.length);
            for (int i = 0; i < config.length; i++) {
                reply.body(config, i, 1);
                sleep(30);
            }
        });
        assertComplete(pull());
        assertThat(notices).isEmpty();
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void theTokenDoesNotFollowToOtherHosts() throws Exception {
        try (FakeHub storage = new FakeHub(MODEL).large(WEIGHTS, weights)) {
            hub.storedAt(storage.address());
            assertComplete(pull(PullRequest.of(HubName.require(MODEL)), settings(Optional.of("hf_secret"))));
            assertThat(hub.requests())
                    .allMatch(request ->
                            "Bearer hf_secret".equals(request.headers().get("authorization")));
            assertThat(storage.requests())
                    .isNotEmpty()
                    .noneMatch(request -> request.headers().toString().contains("hf_secret"));
            // The other host's address is asked for once and used for every part.
            assertThat(hub.requests(WEIGHTS)).hasSize(1);
        }
    }

    @Test
    void anExpiredAddressIsAskedForAgain() throws Exception {
        try (FakeHub storage = new FakeHub(MODEL).large(WEIGHTS, weights)) {
            hub.storedAt(storage.address());
            AtomicInteger served = new AtomicInteger();
            storage.when(WEIGHTS, (request, reply) -> {
                if (served.getAndIncrement() == 4) {
                    reply.whole(403, new byte[0]);
                } else {
                    storage.answer(request, reply);
                }
            });
            assertComplete(pull());
            // Each connection that was on its way with the old address may ask.
            assertThat(hub.requests(WEIGHTS)).hasSizeBetween(2, 5);
        }
    }

    @Test
    void redirectsThatAreNotSafeAreNotFollowed() {
        for (String to : List.of("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher:x", "/resolve/round/" + WEIGHTS)) {
            hub.when(WEIGHTS, (request, reply) -> reply.header("Location", to).whole(302, new byte[0]));
            assertThatThrownBy(this::pull)
                    .as(to)
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("the hub sends us");
        }
    }

    @Test
    void twoPullsAtOnceShareTheWork() throws Exception {
        hub.when(WEIGHTS, (request, reply) -> {
            sleep(20);
            hub.answer(request, reply);
        });
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        List<PullResult> results = Collections.synchronizedList(new ArrayList<>());
        Runnable one = () -> {
            try {
                results.add(pull());
            } catch (Throwable e) {
                failures.add(e);
            }
        };
        Thread first = Thread.ofPlatform().start(one);
        Thread second = Thread.ofPlatform().start(one);
        first.join();
        second.join();
        assertThat(failures).isEmpty();
        assertThat(results.stream().mapToLong(PullResult::downloadedBytes).sorted())
                .containsExactly(0L, (long) weights.length + config.length);
        assertThat(hub.requests(WEIGHTS).stream().map(FakeHub.Request::from)).doesNotHaveDuplicates();
    }

    @Test
    void aHubThatListsNoHashesIsAskedForEachFile() throws Exception {
        hub.listing("{\"sha\":\"" + FakeHub.COMMIT
                + "\",\"siblings\":[{\"rfilename\":\"config.json\"},{\"rfilename\":\"" + WEIGHTS + "\"}]}");
        assertComplete(pull());
        assertThat(blob(weights)).exists();
        assertThat(hub.requests().stream().filter(request -> request.method().equals("HEAD")))
                .hasSize(2);
    }

    @Test
    void whatCannotBeCheckedIsTold() throws Exception {
        hub.listing("{\"sha\":\"" + FakeHub.COMMIT
                + "\",\"siblings\":[{\"rfilename\":\"config.json\"},{\"rfilename\":\"" + WEIGHTS + "\"}]}");
        hub.when(
                WEIGHTS, (request, reply) -> reply.header("ETag", "W/\"abc-1\"").file(request, weights));
        assertComplete(pull());
        assertThat(notices).containsExactly("the hub gives no hash of '" + WEIGHTS + "': only its length is checked");
    }

    @Test
    void moreThanTheDiskHoldsIsRefusedBeforehand() {
        hub.listing("{\"sha\":\"" + FakeHub.COMMIT + "\",\"siblings\":[{\"rfilename\":\"" + WEIGHTS
                + "\",\"size\":17000000000000,\"blobId\":\"" + FakeHub.COMMIT + "\",\"lfs\":{\"sha256\":\""
                + "ab".repeat(32)
                + "\",\"size\":17000000000000}}]}");
        assertThatThrownBy(this::pull).isInstanceOf(UserError.class).hasMessageContaining("not enough room");
        assertThat(hub.requests(WEIGHTS)).isEmpty();
    }

    @Test
    void whatAnInterruptedPullOfANewCommitLeavesDoesNotHideTheOld() throws Exception {
        PullResult old = pull();
        String newer = "f".repeat(40);
        byte[] other = random(2, 3 * PART);
        hub.large(WEIGHTS, other);
        hub.listing("{\"sha\":\"" + newer + "\",\"siblings\":[{\"rfilename\":\"config.json\",\"size\":" + config.length
                + ",\"blobId\":\"" + FakeHub.gitSha1(config) + "\"},{\"rfilename\":\"" + WEIGHTS + "\",\"size\":"
                + other.length + ",\"lfs\":{\"sha256\":\"" + FakeHub.sha256(other) + "\"}}]}");
        hub.when("/resolve/" + newer + "/" + WEIGHTS, (request, reply) -> reply.breakOff());
        assertThatThrownBy(this::pull).isInstanceOf(UserError.class);
        HubCache cache = new HubCache(home.resolve("hub"));
        assertThat(cache.find(MODEL)).contains(old.path());
        hub.when("/resolve/" + newer + "/" + WEIGHTS, hub::answer);
        PullResult result = pull();
        assertThat(cache.find(MODEL)).contains(result.path());
        assertThat(Files.readAllBytes(result.path().resolve(WEIGHTS))).isEqualTo(other);
        assertThat(Files.readAllBytes(old.path().resolve(WEIGHTS))).isEqualTo(weights);
    }

    @Test
    void offlineFindsWhatIsThere() throws Exception {
        HubSettings offline =
                new HubSettings(URI.create("http://127.0.0.1:1"), Optional.empty(), home.resolve("hub"), true);
        PullRequest request = PullRequest.of(HubName.require(MODEL));
        assertThatThrownBy(() -> pull(request, offline))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("OFFLINE");
        PullResult pulled = pull();
        assertThat(pull(request, offline).path()).isEqualTo(pulled.path());
    }

    @Test
    void ggufFilesAreTakenByName() throws Exception {
        byte[] four = random(3, 2 * PART);
        hub.large("tiny-q4.gguf", four).large("sub/tiny-q8.gguf", random(4, PART));
        PullResult result = pull(PullRequest.of(HubName.require(MODEL + ":tiny-q4.gguf")), settings(Optional.empty()));
        assertThat(result.path()).isEqualTo(result.snapshot().resolve("tiny-q4.gguf"));
        assertThat(Files.readAllBytes(result.path())).isEqualTo(four);
        HubCache cache = new HubCache(home.resolve("hub"));
        assertThat(cache.find(MODEL)).contains(result.path());
        assertThat(cache.find(MODEL + "/tiny-q4.gguf")).contains(result.path());
        PullResult deeper =
                pull(PullRequest.of(HubName.require(MODEL + "/sub/tiny-q8.gguf")), settings(Optional.empty()));
        assertThat(cache.find(MODEL + ":sub/tiny-q8.gguf")).contains(deeper.path());
        assertThat(cache.find(MODEL)).isEmpty(); // two: it is not clear which
        assertThatThrownBy(
                        () -> pull(PullRequest.of(HubName.require(MODEL + ":none.gguf")), settings(Optional.empty())))
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.hint()).contains("sub/tiny-q8.gguf"));
    }

    @Test
    void refusalsSayWhatToDo() {
        record Case(int status, String code, boolean token, String what, String hint) {}
        for (Case one : List.of(
                new Case(401, "", false, "somebody unknown", "HF_TOKEN"),
                new Case(401, "", true, "does not accept the token", "HF_TOKEN"),
                new Case(403, "GatedRepo", true, "gated", "accept its licence"),
                new Case(401, "GatedRepo", false, "gated", "accept its licence"),
                new Case(404, "RepoNotFound", true, "has no model", "spelling"),
                new Case(404, "RevisionNotFound", true, "no revision", "branch"),
                new Case(400, "", true, "status 400", "later"))) {
            hub.when(
                    "/api/",
                    (request, reply) -> reply.header("X-Error-Code", one.code).whole(one.status, new byte[0]));
            HubSettings settings = settings(one.token ? Optional.of("t") : Optional.empty());
            assertThatThrownBy(() -> pull(PullRequest.of(HubName.require(MODEL)), settings))
                    .isInstanceOfSatisfying(UserError.class, e -> {
                        assertThat(e.what()).contains(one.what);
                        assertThat(e.hint()).contains(one.hint);
                    });
        }
    }

    @Test
    void nobodyAtTheOtherEndIsTold() {
        HubSettings nowhere =
                new HubSettings(URI.create("http://127.0.0.1:1"), Optional.empty(), home.resolve("hub"), false);
        assertThatThrownBy(() -> pull(PullRequest.of(HubName.require(MODEL)), nowhere))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no connection");
    }
}
