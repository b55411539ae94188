package dev.cria.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {
    @Test
    void replacesTheWholeFileAndLeavesNothingBeside(@TempDir Path dir) throws Exception {
        Path target = dir.resolve("a.json");
        DurableFiles.write(target, "a longer first version");
        DurableFiles.write(target, "second");
        assertThat(target).hasContent("second");
        try (var files = Files.list(dir)) {
            assertThat(files).containsExactly(target);
        }
    }

    @Test
    void rendersTheHintOnItsOwnLine() {
        assertThat(new UserError("x is wrong", "do y").render()).isEqualTo("x is wrong\nHINT: do y");
        assertThat(new UserError("x is wrong", "").render()).isEqualTo("x is wrong");
    }
}
