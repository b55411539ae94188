package dev.cria.model.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** What a hub says is not believed. */
class RepositoryListingTest {
    private static final String GOOD =
            listing("{\"rfilename\":\"config.json\",\"size\":5,\"blobId\":\"" + "a".repeat(40)
                    + "\"},{\"rfilename\":\"sub/w.safetensors\",\"size\":7,\"blobId\":\"" + "b".repeat(40)
                    + "\",\"lfs\":{\"sha256\":\"" + "c".repeat(64) + "\",\"size\":7,\"pointerSize\":130}}");

    private static String listing(String siblings) {
        return "{\"sha\":\"" + FakeHub.COMMIT + "\",\"siblings\":[" + siblings + "]}";
    }

    private static RepositoryListing parse(String json) {
        return RepositoryListing.parse(json.getBytes(StandardCharsets.UTF_8), "org/name");
    }

    @Test
    void largeFilesAreNamedBySha256AndSmallOnesByGit() {
        assertThat(parse(GOOD).files())
                .containsExactly(
                        new HubFile("config.json", 5, "a".repeat(40)),
                        new HubFile("sub/w.safetensors", 7, "c".repeat(64)));
        assertThat(parse(listing("{\"rfilename\":\"x\"}")).files()).containsExactly(new HubFile("x", -1, ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil",
                "a/../../evil",
                "/etc/passwd",
                "a//b",
                "./a",
                "a/.",
                "",
                "a\u0000b",
                "a\nb",
                "a\u001b[31mb",
                "a\\..\\b",
                "C:/x",
                "a\u202egpj.exe",
                "\u0085",
            })
    void hostileNamesAreRefused(String name) {
        String json = listing("{\"rfilename\":" + JsonMapper.shared().writeValueAsString(name) + ",\"size\":1}");
        assertThatThrownBy(() -> parse(json)).isInstanceOfSatisfying(UserError.class, e -> {
            assertThat(e.what()).contains("whose name");
            assertThat(e.render().replace("\n", "").chars()).noneMatch(Character::isISOControl);
        });
        assertThat(HubName.parse("org/name:" + name)).isEmpty();
    }

    @Test
    void overlongNamesAreRefused() {
        assertThatThrownBy(() -> parse(listing("{\"rfilename\":\"" + "a".repeat(300) + "\"}")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("longer than 255");
        assertThatThrownBy(() -> parse(listing("{\"rfilename\":\"" + "a/".repeat(600) + "b\"}")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("longer than 1024");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"sha\":\"../../x\",\"siblings\":[]}",
                "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":{}}",
                "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":[{\"rfilename\":\"a\",\"size\":-1}]}",
                "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":[{\"rfilename\":\"a\",\"size\":99999999999999999999}]}",
                "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":[{\"rfilename\":\"a\",\"size\":\"1\"}]}",
                "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":[{\"rfilename\":\"a\",\"blobId\":\"../../x\"}]}",
                "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":[{\"rfilename\":\"a\",\"lfs\":{\"sha256\":\"x\"}}]}",
                "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":[{\"rfilename\":\"a\"},{\"rfilename\":\"a\"}]}",
            })
    void nonsenseIsRefused(String json) {
        assertThatThrownBy(() -> parse(json)).isInstanceOf(UserError.class).hasMessageContaining("org/name");
    }

    @Test
    void aHundredThousandFilesAreRefused() {
        String many = IntStream.range(0, 100_000)
                .mapToObj(i -> "{\"rfilename\":\"data/" + i + "\"}")
                .collect(Collectors.joining(","));
        assertThatThrownBy(() -> parse(listing(many)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("100000 files");
    }

    @Property(tries = 300)
    void mutationsGiveAListingOrASentence(@ForAll long seed) {
        byte[] bytes = GOOD.getBytes(StandardCharsets.UTF_8);
        Random random = new Random(seed);
        for (int i = 0; i <= random.nextInt(4); i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        try {
            Path folder = Path.of("/somewhere/snapshots/x");
            for (HubFile file : RepositoryListing.parse(bytes, "org/name").files()) {
                assertThat(folder.resolve(file.path()).normalize()).startsWithRaw(folder);
                assertThat(file.blob()).doesNotContain("/");
            }
        } catch (UserError e) {
            assertThat(e.what()).isNotEmpty();
        }
    }
}
