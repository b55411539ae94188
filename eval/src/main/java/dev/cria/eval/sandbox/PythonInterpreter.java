package dev.cria.eval.sandbox;

import dev.cria.base.UserError;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Python that is good enough.
 *
 * @param executable the interpreter itself, never a launching script: those need an environment, and programs get none
 * @param version such as {@code 3.11.7}
 */
public record PythonInterpreter(Path executable, String version) {
    private static final int OLDEST_MINOR = 8;
    private static final int MAXIMUM_ANSWER = 8192;
    private static final long PATIENCE_SECONDS = 30;
    private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\.\\d{1,4}");

    /** Runs in Python 2 too, so that an old one can say how old it is. */
    private static final String QUESTION =
            "import sys; sys.stdout.write('%s\\n%d.%d.%d\\n' % ((sys.executable,) + tuple(sys.version_info[:3])))";

    /**
     * Finds Python on {@code PATH}.
     *
     * @param searchPath folders, as the variable {@code PATH} lists them
     * @throws UserError where there is none, or only one older than 3.8
     */
    public static PythonInterpreter find(String searchPath) {
        Optional<UserError> refused = Optional.empty();
        for (String name : List.of("python3", "python")) {
            Optional<Path> found = Stream.of(searchPath.split(File.pathSeparator))
                    .filter(folder -> !folder.isBlank())
                    .map(folder -> Path.of(folder, name))
                    .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                    .findFirst();
            if (found.isPresent()) {
                try {
                    return at(found.get());
                } catch (UserError e) {
                    refused = refused.or(() -> Optional.of(e));
                }
            }
        }
        throw refused.orElseGet(() -> new UserError(
                "this task runs Python programs, and there is no python3 on the PATH",
                "install Python 3." + OLDEST_MINOR + " or newer, name one with --python FILE, or leave the task out"));
    }

    /**
     * Asks a given Python who it is.
     *
     * @throws UserError where it is missing, does not answer, or is older than 3.8
     */
    public static PythonInterpreter at(Path python) {
        if (!Files.isRegularFile(python) || !Files.isExecutable(python)) {
            throw new UserError(python + " is no program that can be run", "name a Python with --python FILE");
        }
        List<String> answer = ask(python).lines().toList();
        Matcher version = VERSION.matcher(answer.size() == 2 ? answer.get(1) : "");
        if (!version.matches()) {
            throw new UserError(python + " does not answer as Python does", "name a Python with --python FILE");
        }
        int major = Integer.parseInt(version.group(1));
        if (major < 3 || (major == 3 && Integer.parseInt(version.group(2)) < OLDEST_MINOR)) {
            throw new UserError(
                    python + " is Python " + version.group() + ", which is too old for this task",
                    "install Python 3." + OLDEST_MINOR + " or newer, or name one with --python FILE");
        }
        Path executable = Path.of(answer.getFirst());
        if (!executable.isAbsolute() || !Files.isExecutable(executable)) {
            throw new UserError(python + " does not say where it lies", "name a Python with --python FILE");
        }
        return new PythonInterpreter(executable, version.group());
    }

    private static String ask(Path python) {
        Process process;
        try {
            process = new ProcessBuilder(python.toString(), "-E", "-s", "-S", "-c", QUESTION)
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new UserError(
                    "cannot start " + python + ": " + e.getMessage(), "name a Python with --python FILE", e);
        }
        // Whoever neither answers nor ends is ended, which ends the reading too.
        CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
        try (OutputStream in = process.getOutputStream();
                InputStream out = process.getInputStream()) {
            in.close();
            return new String(out.readNBytes(MAXIMUM_ANSWER), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UserError("cannot ask " + python + " for its version: " + e.getMessage(), "", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
