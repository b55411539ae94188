package dev.cria.data;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Small input files for the readers, packed as their names ask. */
final class TestInputs {
    private TestInputs() {}

    static Path jsonLines(Path file) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            lines.append("{\"text\":\"row ").append(i * 7919).append(" \\u00e9 é\",\"meta\":{\"a\":[1,2]}}\n");
        }
        return packed(file, lines.toString());
    }

    static Path packed(Path file, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (file.toString().endsWith(".zst")) {
            bytes = Zstd.compress(bytes);
        } else if (file.toString().endsWith(".gz")) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(bytes);
            }
            bytes = out.toByteArray();
        }
        return Files.write(file, bytes);
    }

    static Path zip(Path file) throws IOException {
        return zip(
                file,
                "z/A.java",
                "class A { /* " + "llama ".repeat(200) + "*/ }",
                "B.java",
                "class B",
                "rows.jsonl",
                "{\"text\":\"row\"}");
    }

    static Path zip(Path file, String... namesAndTexts) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (int i = 0; i < namesAndTexts.length; i += 2) {
                zip.putNextEntry(new ZipEntry(namesAndTexts[i]));
                zip.write(namesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8));
            }
        }
        return file;
    }
}
