package dev.cria.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The emulator finds what it promises to find: emulator_test.cpp, built and run. */
class EmulatorTest {
    @TempDir
    Path folder;

    @Test
    void theEmulatorHoldsKernelsToTheRules() throws IOException, InterruptedException {
        Optional<Path> libraries = EmulatedCuda.libraries();
        assumeTrue(libraries.isPresent(), "no g++ to build the emulator with");
        Path headers = libraries.orElseThrow();
        Path source = folder.resolve("emulator_test.cpp");
        try (var in = EmulatorTest.class.getResourceAsStream("/dev/cria/cuda/emulator/emulator_test.cpp")) {
            Files.copy(in, source);
        }
        Path program = folder.resolve("emulator_test");
        run(
                "g++",
                "-std=c++20",
                "-O2",
                "-w",
                "-DCRIA_EMULATOR",
                "-I" + headers,
                "-o",
                program.toString(),
                source.toString(),
                headers.resolve("emulator.o").toString(),
                headers.resolve("warp.o").toString());
        run(program.toString());
    }

    private void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
