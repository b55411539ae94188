package dev.cria.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.driver.LibrarySearch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Constants of ours held against NVIDIA's headers by a C++ compiler; a test skips where there is no compiler or no header. */
public final class CHeader {
    private final String header;
    private final Map<String, Long> expressions = new LinkedHashMap<>();

    public CHeader(String header) {
        this.header = header;
    }

    /** Expects a C expression to have a value. */
    public CHeader is(String expression, long value) {
        expressions.put(expression, value);
        return this;
    }

    /** Compiles all expectations as assertions; the compiler's log names the one that is wrong. */
    public void check() throws IOException, InterruptedException {
        List<Path> folders = includeFolders();
        assumeTrue(
                folders.stream().anyMatch(folder -> Files.exists(folder.resolve(header))),
                "no " + header + " beside NVIDIA's libraries on this machine");
        Path program = Files.createTempFile("header", ".cpp");
        try {
            StringBuilder text = new StringBuilder("#include <cstddef>\n#include \"" + header + "\"\n");
            expressions.forEach((expression, value) -> text.append("static_assert((")
                    .append(expression)
                    .append(") == ")
                    .append(value)
                    .append(", \"\");\n"));
            Files.writeString(program, text);
            List<String> command = new ArrayList<>(List.of("g++", "-fsyntax-only", "-std=c++17"));
            folders.forEach(folder -> command.add("-I" + folder));
            command.add(program.toString());
            Process compiler = start(command);
            String log = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(compiler.waitFor()).as(log).isZero();
        } finally {
            Files.delete(program);
        }
    }

    private static Process start(List<String> command) throws IOException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            assumeTrue(false, "no g++ on this machine");
            throw e;
        }
    }

    private static List<Path> includeFolders() {
        List<Path> folders = new ArrayList<>();
        LibrarySearch search = LibrarySearch.of(List.of());
        for (CudaLibrary library : CudaLibrary.values()) {
            for (Path lib : search.folders(library)) {
                Path include = lib.resolveSibling("include");
                if (Files.isDirectory(include) && !include.equals(Path.of("/usr/include"))) {
                    folders.add(include);
                }
            }
        }
        return folders;
    }
}
