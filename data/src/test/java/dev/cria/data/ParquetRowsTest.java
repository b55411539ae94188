package dev.cria.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetRowsTest {
    @TempDir
    Path folder;

    private Path resource(String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = ParquetRowsTest.class.getResourceAsStream("/parquet/" + name)) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    @Test
    void structsOfListsAreMaps() throws IOException {
        List<Map<String, Object>> rows = ParquetRows.read(resource("nested-snappy.parquet"));
        assertThat(rows).hasSize(3);
        assertThat(rows.getFirst().keySet())
                .containsExactly("id", "question", "choices", "answerKey", "label", "ratio", "ok", "note");
        assertThat(rows.getFirst())
                .containsEntry("question", "Which is red?")
                .containsEntry(
                        "choices",
                        Map.of("text", List.of("a rose", "the sea", "grass"), "label", List.of("1", "2", "3")))
                .containsEntry("label", 0L)
                .containsEntry("ratio", 0.5)
                .containsEntry("ok", true)
                .containsEntry("note", null);
        assertThat(rows.get(1)).containsEntry("question", "Größer als eins?").containsEntry("label", 3L);
        assertThat(rows.get(2))
                .containsEntry("choices", Map.of("text", List.of(), "label", List.of()))
                .containsEntry("label", 1L << 40)
                .containsEntry("ratio", null);
    }

    @Test
    void listsOfListsAndOfStructs() throws IOException {
        Map<String, Object> row =
                ParquetRows.read(resource("nested-lists-zstd.parquet")).getFirst();
        assertThat((Map<?, ?>) row.get("answer"))
                .hasToString("{number=, date={day=1, month=May, year=}, spans=[], " + "worker_id=, hit_id=}");
        Map<?, ?> validated = (Map<?, ?>) row.get("validated_answers");
        assertThat(validated.get("number")).isEqualTo(List.of("3", ""));
        assertThat(validated.get("spans")).isEqualTo(List.of(List.of(), List.of("x", "y z")));
        assertThat(validated.get("date"))
                .isEqualTo(List.of(
                        Map.of("day", "", "month", "", "year", ""), Map.of("day", "", "month", "", "year", "1999")));
    }

    @Test
    void damageIsOneError() throws IOException {
        assertThatThrownBy(() -> ParquetRows.read(folder.resolve("none.parquet")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("none.parquet does not exist");
        byte[] whole = Files.readAllBytes(resource("nested-snappy.parquet"));
        Path cut = Files.write(folder.resolve("cut.parquet"), java.util.Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> ParquetRows.read(cut)).isInstanceOf(MalformedFileException.class);
        Random random = new Random(5);
        for (int i = 0; i < 100; i++) {
            byte[] bytes = whole.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            // A file of its own each time: a thread of the library may still read the one before, which is mapped.
            Path file = Files.write(folder.resolve("mutated" + i + ".parquet"), bytes);
            try {
                ParquetRows.read(file);
            } catch (UserError e) {
                assertThat(e).hasMessageContaining("mutated" + i + ".parquet");
            }
        }
    }
}
