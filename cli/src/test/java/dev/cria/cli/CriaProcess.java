package dev.cria.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs a command as a process of its own, where the environment or a signal matters. */
final class CriaProcess {
    private final Path folder;
    private final Map<String, String> environment;

    /**
     * @param folder where output goes, and the home folder
     * @param environment what is set; of Hugging Face's variables, only these
     */
    CriaProcess(Path folder, Map<String, String> environment) {
        this.folder = folder;
        this.environment = environment;
    }

    /** A process that runs; its output goes to the files {@code out} and {@code err}. */
    Process start(Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "-Duser.home=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.cria.cli.Main"));
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.matches("(HF_|HUGGING|TRANSFORMERS|XDG_|CRIA_).*|(?i).*_proxy"));
        builder.environment().putAll(environment);
        return builder.start();
    }

    Cria.Result run(Object... arguments) throws IOException, InterruptedException {
        return runWithInput("", arguments);
    }

    Cria.Result runWithInput(String input, Object... arguments) throws IOException, InterruptedException {
        Process process = start(arguments);
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("still running: " + List.of(arguments));
        }
        return result(process.exitValue());
    }

    /** What a process that has ended said, less the JVM's note about its incubator module, which the launcher leaves out too. */
    Cria.Result result(int code) throws IOException {
        String err = Files.readString(folder.resolve("err"))
                .replace("WARNING: Using incubator modules: jdk.incubator.vector\n", "");
        return new Cria.Result(code, Files.readString(folder.resolve("out")), err);
    }
}
