package dev.cria.cuda.compile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskCacheTest {
    private static final byte[] CODE = "machine code".getBytes(java.nio.charset.StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    @Test
    void whatWasStoredIsFoundAgain() {
        DiskCache cache = new DiskCache(folder.resolve("new"), 1 << 20);
        assertThat(cache.find("a")).isEmpty();
        cache.store("a", CODE);
        assertThat(cache.find("a")).hasValue(CODE);
        assertThat(cache.find("b")).isEmpty();
    }

    @Test
    void everyDamageCountsAsAbsentAndIsReplaced() throws IOException {
        DiskCache cache = new DiskCache(folder, 1 << 20);
        cache.store("a", CODE);
        Path file = only(folder);
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x10;
            Files.write(file, damaged);
            assertThat(cache.find("a")).as("byte %d changed", i).isEmpty();
            Files.write(file, java.util.Arrays.copyOf(whole, i));
            assertThat(cache.find("a")).as("cut to %d bytes", i).isEmpty();
        }
        cache.store("a", CODE);
        assertThat(cache.find("a")).hasValue(CODE);
    }

    @Test
    void theFolderStaysUnderItsBoundAndLosesWhatWasNotUsedForLongest() throws IOException {
        DiskCache cache = new DiskCache(folder, 3 * (CODE.length + 40));
        for (String key : List.of("a", "b", "c")) {
            cache.store(key, CODE);
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                long age = file.getFileName().toString().startsWith("b") ? 1000 : 100;
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(age)));
            }
        }
        cache.store("d", CODE);
        assertThat(cache.find("b")).isEmpty();
        assertThat(List.of(cache.find("a"), cache.find("c"), cache.find("d")))
                .allSatisfy(found -> assertThat(found).isPresent());
    }

    @Test
    void aFolderThatCannotBeMadeOnlyForgets() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        DiskCache cache = new DiskCache(file, 1 << 20);
        cache.store("a", CODE);
        assertThat(cache.find("a")).isEmpty();
    }

    @Test
    void keysTellWhereOnePartEndsAndTheNextBegins() {
        assertThat(DiskCache.key(List.of("ab", "c"))).isNotEqualTo(DiskCache.key(List.of("a", "bc")));
        assertThat(DiskCache.key(List.of("ab", "c"))).isEqualTo(DiskCache.key(List.of("ab", "c")));
    }

    private static Path only(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }
}
