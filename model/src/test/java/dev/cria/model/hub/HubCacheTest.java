package dev.cria.model.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubCacheTest {
    private static final HubName NAME = HubName.require("org/tiny");
    private static final String OLD = "a".repeat(40);
    private static final String NEW = "b".repeat(40);

    @TempDir
    private Path directory;

    private HubCache cache() {
        return new HubCache(directory);
    }

    private Path put(String commit, String name, String content) throws IOException {
        Path file = cache().snapshot(NAME, commit).resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    @Test
    void whereLinksAreImpossibleTheSnapshotHasTheFilesThemselves() throws IOException {
        try (FileSystem linkless = FileSystems.newFileSystem(directory.resolve("x.zip"), Map.of("create", "true"))) {
            HubCache cache = new HubCache(linkless.getPath("/hub"));
            HubFile file = new HubFile("sub/config.json", 2, FakeHub.gitSha1("{}".getBytes()));
            Files.createDirectories(cache.blob(NAME, file).getParent());
            Files.writeString(cache.blob(NAME, file), "{}");
            cache.link(NAME, file, OLD);
            assertThat(Files.readString(cache.snapshot(NAME, OLD).resolve("sub/config.json")))
                    .isEqualTo("{}");
            assertThat(Files.exists(cache.blob(NAME, file))).isFalse();
            assertThat(cache.holds(NAME, file, OLD)).isTrue();
            cache.link(NAME, file, OLD);
            assertThat(cache.holds(NAME, file, OLD)).isTrue();
            assertThat(cache.holds(NAME, file, NEW)).isFalse();
        }
    }

    @Test
    void aSnapshotIsUsableWhenAllOfItsShardsAreThere() throws IOException {
        put(OLD, "config.json", "{}");
        assertThat(cache().find("org/tiny")).isEmpty();
        put(
                OLD,
                "model.safetensors.index.json",
                "{\"weight_map\":{\"a\":\"m1.safetensors\",\"b\":\"m2.safetensors\"}}");
        put(OLD, "m1.safetensors", "x");
        assertThat(cache().find("org/tiny")).isEmpty();
        put(OLD, "m2.safetensors", "x");
        assertThat(cache().find("org/tiny")).contains(cache().snapshot(NAME, OLD));
    }

    @Test
    void anAdapterIsUsableWithoutAModel() throws IOException {
        put(OLD, "adapter_config.json", "{}");
        assertThat(cache().find("org/tiny")).isEmpty();
        put(OLD, "adapter_model.safetensors", "x");
        assertThat(cache().find("org/tiny")).contains(cache().snapshot(NAME, OLD));
    }

    @Test
    void mainComesFirstAndElseTheNewest() throws IOException {
        for (String commit : new String[] {OLD, NEW}) {
            put(commit, "config.json", "{}");
            put(commit, "model.safetensors", "x");
        }
        Files.setLastModifiedTime(cache().snapshot(NAME, OLD), FileTime.fromMillis(1000));
        assertThat(cache().find("org/tiny")).contains(cache().snapshot(NAME, NEW));
        Path main = cache().reference(NAME, "main");
        Files.createDirectories(main.getParent());
        Files.writeString(main, OLD + "\n");
        assertThat(cache().find("org/tiny")).contains(cache().snapshot(NAME, OLD));
        Files.writeString(main, "../../../etc");
        assertThat(cache().find("org/tiny")).contains(cache().snapshot(NAME, NEW));
        // Where main's snapshot lacks the weights, as after a download of the tokenizer alone, another serves.
        Files.writeString(main, OLD);
        Files.delete(cache().snapshot(NAME, OLD).resolve("model.safetensors"));
        assertThat(cache().find("org/tiny")).contains(cache().snapshot(NAME, NEW));
    }

    @Test
    void namesThatAreNoneAreNotLookedFor() {
        assertThat(cache().find("../../etc")).isEmpty();
        assertThat(cache().find("org/tiny:../x.gguf")).isEmpty();
        assertThat(cache().find("nobody/nothing")).isEmpty();
        assertThat(cache().find("")).isEmpty();
    }
}
