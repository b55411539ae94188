package dev.cria.cuda.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.driver.FoundLibrary;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.tensor.DType;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every source in both types of activations by NVIDIA's own compilers, which need no GPU; skipped where there are none. */
class AllKernelsCompileTest {
    /** What a thread may keep in local memory for want of registers; it is read and written at the speed of caches. */
    private static final int MOST_SPILLED_BYTES = 64;

    private static final Pattern FUNCTION = Pattern.compile("Compiling entry function '(\\w+)'");
    private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill stores");

    @TempDir
    Path folder;

    static List<String> sources() {
        try (Stream<Path> files = Files.list(resources())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".cu"))
                    .map(name -> name.substring(0, name.length() - 3))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("listing the sources", e);
        }
    }

    private static Path resources() {
        try {
            return Path.of(KernelCompiler.class
                            .getResource("/dev/cria/cuda/device.cuh")
                            .toURI())
                    .getParent();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("this test runs on a folder of classes", e);
        }
    }

    /** What training on the newest card takes. */
    @ParameterizedTest
    @MethodSource("sources")
    void compilesByNvrtc(String source) {
        compile(source, List.of("sm_90a"), List.of(DType.BF16));
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("sources")
    void compilesForEveryCard(String source) {
        compile(source, List.of("sm_80", "sm_86", "sm_89", "sm_90a"), List.of(DType.F32, DType.BF16));
    }

    private static void compile(String source, List<String> architectures, List<DType> activations) {
        Optional<FoundLibrary> library = LibrarySearch.of(List.of()).find(CudaLibrary.NVRTC, Integer.MAX_VALUE);
        assumeTrue(library.isPresent(), "no NVRTC on this machine: name its folder in " + LibrarySearch.VARIABLE);
        Nvrtc nvrtc = new Nvrtc(library.orElseThrow());
        for (String architecture : architectures) {
            for (DType activation : activations) {
                byte[] code = nvrtc.compile(
                        KernelSource.of(source),
                        KernelCompiler.options(new Architecture(architecture, true), activation),
                        true);
                assertThat(new String(code, 1, 3, StandardCharsets.ISO_8859_1)).isEqualTo("ELF");
            }
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("sources")
    void keepsItsValuesInRegisters(String source) throws IOException, InterruptedException {
        assumeTrue(isThere("nvcc"), "no nvcc on the PATH");
        for (String architecture : List.of("80", "90a")) {
            for (String activation : List.of("float", "bf16")) {
                String log = nvcc(source, architecture, activation);
                assertThat(spilling(log))
                        .as("%s for %s, activations of %s:%n%s", source, architecture, activation, log)
                        .isEmpty();
            }
        }
    }

    private String nvcc(String source, String architecture, String activation)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "nvcc",
                        "-cubin",
                        "-std=c++17",
                        "-DActivation=" + activation,
                        "-gencode=arch=compute_" + architecture + ",code=sm_" + architecture,
                        "-Xptxas",
                        "-v",
                        "-o",
                        folder.resolve("kernels.cubin").toString(),
                        resources().resolve(source + ".cu").toString())
                .redirectErrorStream(true)
                .start();
        String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(log).isZero();
        return log;
    }

    /** Kernels that spill more than they may, as ptxas reports them. */
    private static List<String> spilling(String log) {
        List<String> spilling = new ArrayList<>();
        String function = "";
        for (String line : log.lines().toList()) {
            Matcher named = FUNCTION.matcher(line);
            if (named.find()) {
                function = named.group(1);
            }
            Matcher spilled = SPILLS.matcher(line);
            if (spilled.find() && Integer.parseInt(spilled.group(1)) > MOST_SPILLED_BYTES) {
                spilling.add(function + ": " + line.strip());
            }
        }
        return spilling;
    }

    private static boolean isThere(String program) {
        String path = System.getenv("PATH");
        return Stream.of((path == null ? "" : path).split(File.pathSeparator, -1))
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }
}
