package dev.cria.model.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.io.IOException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, settings, patterns: all that is decided before anything is asked. */
class HubNamesTest {
    @TempDir
    private Path home;

    @Test
    void namesOfModelsAndFiles() {
        assertThat(HubName.require("Org/my_model-1.1B"))
                .isEqualTo(new HubName(HubName.Kind.MODEL, "Org", "my_model-1.1B", Optional.empty()));
        assertThat(HubName.require("o/m/sub/f.gguf"))
                .isEqualTo(new HubName(HubName.Kind.MODEL, "o", "m", Optional.of("sub/f.gguf")));
        assertThat(HubName.require("o/m:f.gguf").file()).contains("f.gguf");
        assertThat(HubName.require("o/m").folder()).isEqualTo("models--o--m");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "m",
                "o/",
                "/m",
                "o/m/",
                "../m",
                "o/..",
                "o/m:../x",
                "o/m/../x",
                "./m",
                "a--b/m",
                "o/m--x",
                "o/m n",
                "http://o/m",
                "o/m.git",
                "o/m:",
                "o\\m"
            })
    void whatIsNoName(String text) {
        assertThat(HubName.parse(text)).isEmpty();
        assertThatThrownBy(() -> HubName.require(text)).isInstanceOf(UserError.class);
    }

    @Test
    void theEnvironmentDecidesAsForHuggingFacesOwnPrograms() throws IOException {
        assertThat(settings(Map.of()).cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
        assertThat(settings(Map.of("XDG_CACHE_HOME", "/x")).cache()).isEqualTo(Path.of("/x/huggingface/hub"));
        assertThat(settings(Map.of("HF_HOME", "~/hf", "XDG_CACHE_HOME", "/x")).cache())
                .isEqualTo(home.resolve("hf/hub"));
        assertThat(settings(Map.of("HF_HOME", "/h", "HF_HUB_CACHE", "/c")).cache())
                .isEqualTo(Path.of("/c"));
        assertThat(settings(Map.of()).endpoint()).hasToString(HubSettings.DEFAULT_ENDPOINT);
        assertThat(settings(Map.of("HF_ENDPOINT", "http://mirror:8080/hub/")).endpoint())
                .hasToString("http://mirror:8080/hub");
        assertThat(settings(Map.of("HF_HUB_OFFLINE", "1")).offline()).isTrue();
        assertThat(settings(Map.of("HF_HUB_OFFLINE", "0")).offline()).isFalse();
        assertThat(settings(Map.of()).token()).isEmpty();
        Files.createDirectories(home.resolve(".cache/huggingface"));
        Files.writeString(home.resolve(".cache/huggingface/token"), "hf_file\n");
        assertThat(settings(Map.of()).token()).contains("hf_file");
        assertThat(settings(Map.of("HF_TOKEN", "hf_env")).token()).contains("hf_env");
        assertThat(settings(Map.of("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).token())
                .isEmpty();
        assertThat(settings(Map.of("HF_TOKEN", "hf_env")).toString()).doesNotContain("hf_env");
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> settings(Map.of("HF_TOKEN", "a\nb"))).isInstanceOf(UserError.class);
        for (String address :
                List.of("mirror", "ftp://x", "https://", "https://x y", "https://u:p@x", "https://x?y=1")) {
            assertThatThrownBy(() -> settings(Map.of("HF_ENDPOINT", address)))
                    .as(address)
                    .isInstanceOf(UserError.class);
        }
    }

    private HubSettings settings(Map<String, String> environment) {
        return HubSettings.of(environment, home);
    }

    @ParameterizedTest
    @CsvSource({
        "*.json, a.json, true",
        "*.json, sub/a.json, true",
        "*.json, a.jsonl, false",
        "a?c, abc, true",
        "a[b-d]c, acc, true",
        "a[!b]c, abc, false",
        "a[!b]c, axc, true",
        "a+(b).txt, a+(b).txt, true",
        "[x, [x, true",
        "onnx/, onnx/model.onnx, true",
        "a[]b]c, a]c, true",
        "a[&&b]c, a&c, true",
    })
    void patterns(String glob, String path, boolean matches) {
        assertThat(new Glob(glob).matches(path)).isEqualTo(matches);
    }

    @Test
    void patternsOfStarsEndInTime() {
        assertThat(new Glob("*".repeat(200) + "x").matches("a".repeat(1000))).isFalse();
    }

    @Test
    void proxiesAreThoseOfTheEnvironment() {
        ProxySelector proxies = EnvironmentProxies.selector(
                Map.of("HTTPS_PROXY", "http://proxy:3128", "no_proxy", "localhost,.inner.net"));
        assertThat(proxies.select(URI.create("https://hub.net/x")).getFirst().address())
                .hasToString("proxy/<unresolved>:3128");
        assertThat(proxies.select(URI.create("https://a.inner.net/x"))).containsExactly(Proxy.NO_PROXY);
        assertThat(proxies.select(URI.create("http://hub.net/x"))).containsExactly(Proxy.NO_PROXY);
    }

    @Test
    void retryAfterIsSecondsOrADate() {
        Instant now = Instant.parse("2026-01-01T00:00:00Z");
        assertThat(retryAfter("7", now)).contains(Duration.ofSeconds(7));
        assertThat(retryAfter("Thu, 01 Jan 2026 00:01:00 GMT", now)).contains(Duration.ofMinutes(1));
        assertThat(retryAfter("Wed, 31 Dec 2025 00:01:00 GMT", now)).contains(Duration.ZERO);
        assertThat(retryAfter("soon", now)).isEmpty();
    }

    private static Optional<Duration> retryAfter(String value, Instant now) {
        return HubErrors.retryAfter(HttpHeaders.of(Map.of("Retry-After", List.of(value)), (name, text) -> true), now);
    }
}
