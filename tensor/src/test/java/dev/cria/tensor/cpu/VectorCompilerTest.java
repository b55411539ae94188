package dev.cria.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JVMs that make no vector instructions of the Vector API are noticed, named with their mend, and compute all the same. */
class VectorCompilerTest {
    /** What a child JVM runs: opens the device, says its decisions, and lets a kernel run. */
    public static final class Child {
        public static void main(String[] args) {
            try (CpuDevice device = CpuDevice.open(CpuOptions.defaults().withThreads(1));
                    Workspace workspace = device.workspace()) {
                device.decisions().forEach(System.out::println);
                Tensor x = workspace.allocate(DType.F32, 64).copyFrom(new float[64]);
                device.kernels().fill(x, 2);
                System.out.println("sum " + device.kernels().sum(x));
            } catch (UserError e) {
                System.out.println(e.render());
            }
        }
    }

    private record Output(String out, String err) {}

    private static Output child(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=4"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeAll(List.of("CRIA_CPU_TIER", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
        Process process = builder.start();
        byte[] out = process.getInputStream().readAllBytes();
        byte[] err = process.getErrorStream().readAllBytes();
        process.waitFor();
        return new Output(new String(out, StandardCharsets.UTF_8), new String(err, StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({
        "-Xint, interprets",
        "-XX:TieredStopAtLevel=1, C1 only",
        "-XX:TieredStopAtLevel=3, C1 only",
        "-XX:CompilationMode=quick-only, C1 only"
    })
    void aJvmWithoutVectorInstructionsIsNamedWithItsMend(String option, String named) throws Exception {
        Output output = child(option, "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");
        assertThat(output.out())
                .contains("vector kernels: not used, because this JVM")
                .contains(named)
                .contains("start java without")
                .contains("kernels: scalar")
                .contains("sum 128.0");
        assertThat(output.err()).contains("WARNING").contains(named);
    }

    @Test
    void switchesThatPropertiesDoNotShowAreSeen() throws Exception {
        Output output = child(
                "-XX:+UnlockExperimentalVMOptions",
                "-XX:-EnableVectorSupport",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED");
        assertThat(output.out()).contains("switched off in this JVM").contains("sum 128.0");
    }

    @Test
    void aMissingModuleAndForbiddenMemoryAreNamedWithTheirMend() throws Exception {
        Output module = child("--enable-native-access=ALL-UNNAMED");
        assertThat(module.out()).contains("--add-modules jdk.incubator.vector").contains("sum 128.0");
        assertThat(module.err()).contains("WARNING").contains("--add-modules jdk.incubator.vector");
        Output memory = child("--add-modules", "jdk.incubator.vector", "--illegal-native-access=deny");
        assertThat(memory.out())
                .contains("does not let Cria use native memory")
                .contains("--enable-native-access=ALL-UNNAMED");
        Output healthy = child("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");
        assertThat(healthy.out()).contains("kernels: Vector API").contains("sum 128.0");
        assertThat(healthy.err()).isEqualToIgnoringNewLines("WARNING: Using incubator modules: jdk.incubator.vector");
    }

    @Test
    void otherJvmsAreNamed() {
        assertThat(VectorCompiler.of("Eclipse OpenJ9 VM", "JRE 25 Linux amd64-64-Bit Compressed References", flag -> "")
                        .refusal())
                .hasValueSatisfying(why -> assertThat(why).contains("OpenJ9").contains("Temurin"));
        assertThat(VectorCompiler.of("OpenJDK 64-Bit Zero VM", "interpreted mode", flag -> "")
                        .refusal())
                .isPresent();
        assertThat(VectorCompiler.of("", "", flag -> "").refusal()).isPresent();
        assertThat(VectorCompiler.of("Java HotSpot(TM) 64-Bit Server VM", "mixed mode, sharing", flag -> "")
                        .refusal())
                .isEmpty();
        assertThat(VectorCompiler.of(
                                "OpenJDK 64-Bit Server VM",
                                "mixed mode",
                                flag -> flag.equals("TieredStopAtLevel") ? "4" : "true")
                        .refusal())
                .isEmpty();
    }
}
