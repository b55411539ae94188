package dev.cria.model.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.model.Golden;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The example compiles, and runs in a JVM of its own with nothing on the class path but what the module needs at run time. */
class ExampleTest {
    /** What a program takes on by depending on the module: Cria itself, JSON reading, and a library that it can do without. */
    private static final List<String> NEEDED = List.of(
            "/base/target/",
            "/tensor/target/",
            "/text/target/",
            "/model/target/",
            "/jackson-core-",
            "/jackson-databind-",
            "/jackson-annotations-");

    private static final List<String> OPTIONAL = List.of("/dnnl-", "/cuda/target/");

    @TempDir
    private Path folder;

    private static String classPath(List<String> parts) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry ->
                        parts.stream().anyMatch(part -> entry.replace('\\', '/').contains(part)))
                .filter(entry -> !entry.contains("test-classes") && !entry.endsWith("-tests.jar"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private record Output(int code, String out, String err) {}

    private Output run(String classPath, String... options) throws IOException, InterruptedException {
        JsonNode greedy =
                Golden.json("stories260k-hf/golden.json").get("greedy").get(1);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of(
                "-Xmx256m",
                "-cp",
                folder + File.pathSeparator + classPath,
                "HelloLlama",
                ReferenceData.require("golden/stories260k-hf").toString(),
                greedy.get("prompt_text").stringValue()));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeAll(List.of("CRIA_CPU_TIER", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
        Process process = builder.start();
        byte[] out = process.getInputStream().readAllBytes();
        byte[] err = process.getErrorStream().readAllBytes();
        return new Output(
                process.waitFor(), new String(out, StandardCharsets.UTF_8), new String(err, StandardCharsets.UTF_8));
    }

    @Test
    void theExampleStreamsTheReferencesText() throws Exception {
        Path source = Path.of(System.getProperty("cria.repositoryRoot"), "docs", "examples", "HelloLlama.java");
        int compiled = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-Werror",
                        "-Xlint:all",
                        "-cp",
                        classPath(NEEDED),
                        "-d",
                        folder.toString(),
                        source.toString());
        assertThat(compiled).isZero();
        assertThat(Files.exists(folder.resolve("HelloLlama.class"))).isTrue();
        String expected = Golden.json("stories260k-hf/golden.json")
                .get("greedy")
                .get(1)
                .get("text_until_eos")
                .stringValue();

        List<String> all = new ArrayList<>(NEEDED);
        all.addAll(OPTIONAL);
        Output usual =
                run(classPath(all), "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");
        assertThat(usual.err()).isEqualToIgnoringNewLines("WARNING: Using incubator modules: jdk.incubator.vector");
        assertThat(usual.out().strip())
                .isNotEmpty()
                .matches(text -> expected.startsWith(text) || text.equals(expected));
        assertThat(usual.code()).isZero();

        // Without the options of the JVM, and without the optional library, it runs all the same and says what is
        // amiss.
        Output bare = run(classPath(NEEDED));
        assertThat(bare.out()).isEqualTo(usual.out());
        assertThat(bare.err()).contains("--add-modules jdk.incubator.vector");
    }
}
