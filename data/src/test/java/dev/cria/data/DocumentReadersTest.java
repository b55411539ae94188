package dev.cria.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentReadersTest {
    private static final ReadOptions DEFAULTS = ReadOptions.defaults();

    @TempDir
    Path dir;

    @Test
    void aTextFileIsOneDocumentByteForByte() throws Exception {
        String text = "línea one\r\ntwo\rthree\n\n 🦙";
        Path file = write("a.txt", text);
        assertThat(read(DEFAULTS, file)).containsExactly(text);
    }

    @Test
    void aByteOrderMarkIsRemovedAtTheStartOnly() throws Exception {
        assertThat(read(DEFAULTS, write("a.txt", "\uFEFFone\uFEFFtwo"))).containsExactly("one\uFEFFtwo");
        assertThat(read(DEFAULTS, write("b.jsonl", "\uFEFF{\"text\":\"x\"}\n"))).containsExactly("x");
    }

    @Test
    void brokenUtf8IsReplacedAndCounted() throws Exception {
        byte[] bytes = {
            'a', (byte) 0xFF, 'b', (byte) 0xE2, (byte) 0x82, 'c', (byte) 0xC3, (byte) 0xEF, (byte) 0xBF, (byte) 0xBD
        };
        Path file = Files.write(dir.resolve("a.txt"), bytes);
        try (DocumentStream stream = DocumentReaders.open(List.of(file), DEFAULTS)) {
            assertThat(stream.next().text()).isEqualTo("a\uFFFDb\uFFFDc\uFFFD\uFFFD");
            // Three broken sequences; the last character is a U+FFFD that was really there.
            assertThat(stream.cleaning().invalidUtf8()).isEqualTo(3);
        }
    }

    @Test
    void foldersAreReadByNameWithoutHiddenAndBinaryFiles() throws Exception {
        write("b/two.md", "2");
        write("b/.hidden", "no");
        write(".git/config", "no");
        write("a.txt", "1");
        write("c.java", "3");
        write("b/empty.txt", "");
        write("b/blank.txt", " \n");
        Files.write(dir.resolve("a.class"), new byte[] {1, 2, 0, 3});
        try (DocumentStream stream = DocumentReaders.open(List.of(dir), DEFAULTS)) {
            List<String> texts = new ArrayList<>();
            stream.forEachRemaining(document -> texts.add(document.text()));
            assertThat(texts).containsExactly("1", "2", "3");
            assertThat(stream.cleaning().binaryFiles()).isEqualTo(1);
            assertThat(stream.cleaning().emptyDocuments()).isEqualTo(1);
            assertThat(stream.filesRead(0)).isEqualTo(6);
        }
    }

    @Test
    void globsChooseFiles() throws Exception {
        write("x/A.java", "A");
        write("B.java", "B");
        write("x/test/C.java", "C");
        write("x/d.txt", "D");
        assertThat(read(DEFAULTS.withGlobs(List.of("**/*.java"), List.of("**/test/**")), dir))
                .containsExactly("B", "A");
        assertThat(read(DEFAULTS.withGlobs(List.of("*.{txt,md}"), List.of()), dir))
                .containsExactly("D");
        assertThat(read(DEFAULTS.withGlobs(List.of("x/*.java"), List.of()), dir))
                .containsExactly("A");
        assertThat(read(DEFAULTS.withGlobs(List.of("[A-B].jav?"), List.of()), dir))
                .containsExactly("B", "A");
        assertThatThrownBy(() -> read(DEFAULTS.withGlobs(List.of("[a"), List.of()), dir))
                .isInstanceOf(UserError.class);
    }

    @Test
    void longTextIsCutAtLineEnds() throws Exception {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            text.append("line ").append(i).append(" é\n");
        }
        List<String> pieces = read(DEFAULTS.withMaximumDocumentBytes(100), write("a.txt", text.toString()));
        assertThat(String.join("", pieces)).isEqualTo(text.toString());
        assertThat(pieces).hasSizeGreaterThan(100).allSatisfy(piece -> {
            assertThat(piece).endsWith("\n");
            assertThat(piece.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(100);
        });
    }

    @Test
    void textWithoutLineEndsIsCutBetweenCharacters() throws Exception {
        String text = "🦙é猫a".repeat(200);
        for (int maximum = 16; maximum < 40; maximum++) {
            List<String> pieces = read(DEFAULTS.withMaximumDocumentBytes(maximum), write("a.txt", text));
            assertThat(String.join("", pieces)).isEqualTo(text);
            assertThat(pieces).noneMatch(piece -> piece.contains("\uFFFD"));
        }
        String exact = "x".repeat(32);
        assertThat(read(DEFAULTS.withMaximumDocumentBytes(32), write("b.txt", exact)))
                .containsExactly(exact);
    }

    @Test
    void aLateNulEndsAFile() throws Exception {
        Path file = write("a.txt", "good line of text\n".repeat(20) + "\0 and then binary");
        try (DocumentStream stream = DocumentReaders.open(List.of(file), DEFAULTS.withMaximumDocumentBytes(40))) {
            int count = 0;
            while (stream.hasNext()) {
                assertThat(stream.next().text()).doesNotContain("\0");
                count++;
            }
            assertThat(count).isEqualTo(10);
            assertThat(stream.cleaning().binaryFiles()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.ndjson"})
    void jsonLines(String name) throws Exception {
        String lines = "{\"text\":\"one\\nline \\ud83e\\udd99\",\"meta\":{\"text\":\"no\"}}\n\n"
                + "{\"meta\":[1,{\"a\":2}],\"text\":\"two\"}\r\n{\"text\":null}\n{\"text\":\"three\"}";
        assertThat(read(DEFAULTS, TestInputs.packed(dir.resolve(name), lines)))
                .containsExactly("one\nline 🦙", "two", "three");
    }

    @Test
    void anotherFieldOfJson() throws Exception {
        Path file = write("a.jsonl", "{\"content\":\"x\",\"text\":\"y\"}\n");
        assertThat(read(DEFAULTS.withTextField("content"), file)).containsExactly("x");
    }

    @Test
    void loneSurrogatesInJsonAreReplaced() throws Exception {
        assertThat(read(DEFAULTS, write("a.jsonl", "{\"text\":\"a\\ud800b\"}"))).containsExactly("a\uFFFDb");
    }

    @Test
    void brokenUtf8InJsonIsReplaced() throws Exception {
        byte[] bytes = "{\"text\":\"a?b\"}".getBytes(StandardCharsets.US_ASCII);
        bytes[10] = (byte) 0xFE;
        Path file = Files.write(dir.resolve("a.jsonl"), bytes);
        assertThat(read(DEFAULTS, file)).containsExactly("a\uFFFDb");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"text\":\"x\"",
                "{\"text\":\"x\"} {}",
                "[1]",
                "{\"text\":5}",
                "{\"txt\":\"x\"}",
                "nonsense",
                "{\"text\":\"\\q\"}",
                "{\"text\"}"
            })
    void aBrokenLineIsNamedOrSkipped(String line) throws Exception {
        Path file = write("a.jsonl", "{\"text\":\"one\"}\n" + line + "\n{\"text\":\"two\"}\n");
        assertThatThrownBy(() -> read(DEFAULTS, file))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("a.jsonl at byte 15")
                .hasMessageContaining("line 2");
        try (DocumentStream stream = DocumentReaders.open(List.of(file), DEFAULTS.withSkipDamaged(true))) {
            assertThat(stream.next().text()).isEqualTo("one");
            Document last = stream.next();
            assertThat(last.text()).isEqualTo("two");
            assertThat(last.source()).endsWith("a.jsonl:3");
            assertThat(stream.cleaning().damaged()).isEqualTo(1);
        }
    }

    @Test
    void conversationsAreRefusedWithAHint() throws Exception {
        Path file = write("chat.jsonl", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
        assertThatThrownBy(() -> read(DEFAULTS.withSkipDamaged(true), file))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("conversation");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.jsonl.gz", "a.jsonl.zst", "a.txt.gz", "a.txt.zst"})
    void truncatedPackedFilesAreDamaged(String name) throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 5000; i++) {
            lines.append("{\"text\":\"")
                    .append(Integer.toHexString(i * 7919 + 13))
                    .append("\"}\n");
        }
        Path file = TestInputs.packed(dir.resolve(name), lines.toString());
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length * 2 / 3));
        assertThatThrownBy(() -> read(DEFAULTS, file))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining(name);
        try (DocumentStream stream = DocumentReaders.open(List.of(file), DEFAULTS.withSkipDamaged(true))) {
            stream.forEachRemaining(document -> {});
            assertThat(stream.cleaning().damaged()).isPositive();
        }
        Files.write(file, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> read(DEFAULTS, file)).isInstanceOf(MalformedFileException.class);
    }

    @Test
    void anArchiveIsReadEntryByEntry() throws Exception {
        Path zip = dir.resolve("src.zip");
        TestInputs.zip(
                zip, "z/A.java", "class A", "B.java", "class B", "x.class", "\0", "rows.jsonl", "{\"text\":\"row\"}");
        assertThat(read(DEFAULTS, zip)).containsExactly("class A", "class B", "row");
        assertThat(read(DEFAULTS.withGlobs(List.of("**/*.java"), List.of()), zip))
                .containsExactly("class A", "class B");
        // The same archive found in a folder: the globs are for its entries.
        assertThat(read(DEFAULTS.withGlobs(List.of("**/*.java"), List.of("z/**")), dir))
                .containsExactly("class B");
    }

    @Test
    void damagedArchives() throws Exception {
        Path zip = dir.resolve("a.zip");
        TestInputs.zip(zip, "a.txt", "some text ".repeat(1000), "b.txt", "other text ".repeat(1000));
        byte[] good = Files.readAllBytes(zip);
        byte[] flipped = good.clone();
        flipped[60] ^= 0x55;
        Files.write(zip, flipped);
        assertThatThrownBy(() -> read(DEFAULTS, zip))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("a.txt");
        assertThat(read(DEFAULTS.withSkipDamaged(true), zip)).containsExactly("other text ".repeat(1000));
        Files.write(zip, Arrays.copyOf(good, good.length / 2));
        assertThatThrownBy(() -> read(DEFAULTS, zip)).isInstanceOf(MalformedFileException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "snappy", "snappy-v2", "zstd", "gzip"})
    void parquet(String codec) throws Exception {
        List<String> texts = read(DEFAULTS, resource("parquet/rows-" + codec + ".parquet"));
        // 300 rows, one null and one empty.
        assertThat(texts).hasSize(298);
        assertThat(texts.get(0)).isEqualTo("Row 0: the llama walks 0 steps. é 猫 🦙");
        assertThat(texts.get(297)).isEqualTo("Row 299: the llama walks 89401 steps. é 猫 🦙".repeat(3));
    }

    @Test
    void parquetMistakes() throws Exception {
        assertThatThrownBy(() -> read(DEFAULTS, resource("parquet/other-column.parquet")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no column \"text\"")
                .satisfies(e -> assertThat(((UserError) e).hint()).contains("content"));
        assertThat(read(DEFAULTS.withTextField("content"), resource("parquet/other-column.parquet")))
                .containsExactly("one", "two");
        assertThatThrownBy(() -> read(DEFAULTS, resource("parquet/number-column.parquet")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("holds no text");
        byte[] good = Files.readAllBytes(resource("parquet/rows-none.parquet"));
        Path cut = Files.write(dir.resolve("cut.parquet"), Arrays.copyOf(good, good.length - 100));
        assertThatThrownBy(() -> read(DEFAULTS, cut)).isInstanceOf(MalformedFileException.class);
    }

    @Test
    void lengthsAreFiltered() throws Exception {
        write("a.txt", "12");
        write("b.txt", "1234");
        write("c.txt", "123456");
        try (DocumentStream stream = DocumentReaders.open(List.of(dir), DEFAULTS.withCharacters(3, 5))) {
            assertThat(stream.next().text()).isEqualTo("1234");
            assertThat(stream.hasNext()).isFalse();
            assertThat(stream.cleaning().tooShort()).isEqualTo(1);
            assertThat(stream.cleaning().tooLong()).isEqualTo(1);
        }
    }

    @Test
    void missingInputsAreRefused() {
        assertThatThrownBy(() -> read(DEFAULTS, dir.resolve("nowhere"))).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> DocumentReaders.open(List.of(), DEFAULTS)).isInstanceOf(UserError.class);
    }

    private static List<String> read(ReadOptions options, Path... inputs) {
        List<String> texts = new ArrayList<>();
        try (DocumentStream stream = DocumentReaders.open(List.of(inputs), options)) {
            stream.forEachRemaining(document -> texts.add(document.text()));
        }
        return texts;
    }

    private Path write(String name, String text) throws Exception {
        Path file = dir.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static Path resource(String name) throws Exception {
        return Path.of(DocumentReadersTest.class.getResource("/" + name).toURI());
    }
}
