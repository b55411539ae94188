package dev.cria.eval.sandbox;

import dev.cria.base.UserError;
import dev.cria.eval.sandbox.Verdict.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs Python programs that nobody has read. Each gets a process of its own in an empty folder, with no environment, no input and no output,
 * which can compute, import Python's own library, and nothing else: no network, no processes or threads, no file written, changed or deleted,
 * no file read but Python's, no signal to others; memory and time are limited. The process confines itself before it runs the program
 * ({@code confine.py}, beside this class): resource limits, Landlock and a seccomp filter of allowed system calls, none of which can be
 * undone. No root is needed.
 *
 * <p>A program passes if it runs to its end. That is told by a nonce on a pipe which the program is not given, so nothing that it prints, and
 * no exit code, passes for it. It is not proof against a program that searches its own interpreter's memory for the nonce; such a one could
 * as well replace the tests that follow it.
 *
 * <p>Immutable; any number of threads may run programs at the same time.
 */
public final class PythonSandbox {
    private static final int MAXIMUM_OUTPUT = 64 << 10;
    private static final String SCRIPT = script();

    /** Passes only where the walls stand: what must be impossible is tried. */
    private static final String SELF_TEST = """
            import os
            def refused(what):
                try:
                    what()
                except PermissionError:
                    return True
                return False
            assert len(os.environ) == 0, "the environment is not empty"
            assert os.read(0, 1) == b"", "there is input"
            assert refused(lambda: os.open("file", os.O_WRONLY | os.O_CREAT)), "files can be written"
            assert refused(lambda: os.open("/proc/1/environ", os.O_RDONLY)), "files of others can be read"
            assert refused(lambda: os.fork()), "processes can be started"
            assert refused(lambda: os.kill(os.getppid(), 0)), "signals can be sent"
            assert refused(lambda: os.unlink("file")), "files can be deleted"
            import _socket
            assert refused(lambda: _socket.socket()), "sockets can be opened"
            import math, re, typing, collections, hashlib
            """;

    private final PythonInterpreter python;
    private final SandboxLimits limits;
    private final boolean narrowReading;

    private PythonSandbox(PythonInterpreter python, SandboxLimits limits, boolean narrowReading) {
        this.python = python;
        this.limits = limits;
        this.narrowReading = narrowReading;
    }

    /**
     * Opens a sandbox, and tries its walls before anything is trusted to them.
     *
     * @throws UserError where programs cannot be confined here: then none is ever run
     */
    public static PythonSandbox open(PythonInterpreter python, SandboxLimits limits) {
        return open(python, limits, true);
    }

    /** @param narrowReading false: as on a kernel without Landlock, where no file can be opened at all */
    static PythonSandbox open(PythonInterpreter python, SandboxLimits limits, boolean narrowReading) {
        requirePlatform(System.getProperty("os.name"), System.getProperty("os.arch"));
        PythonSandbox sandbox = new PythonSandbox(python, limits, narrowReading);
        Verdict walls = sandbox.run(SELF_TEST);
        if (walls.outcome() != Outcome.PASSED) {
            throw new UserError(
                    "generated programs cannot be confined on this machine, so none is run: " + walls.detail(),
                    "run this task on Linux 5.13 or newer with seccomp and a Python with ctypes (" + python.executable()
                            + " was tried), or leave it out");
        }
        return sandbox;
    }

    /** Refuses what {@code confine.py} has no rules for. */
    static void requirePlatform(String system, String processor) {
        boolean known = List.of("amd64", "x86_64", "aarch64").contains(processor.toLowerCase(Locale.ROOT));
        if (!system.equals("Linux") || !known) {
            throw new UserError(
                    "generated programs cannot be confined on " + system + " " + processor + ", so none is run",
                    "run this task on Linux on x86-64 or aarch64 (a container or a virtual machine will do), or leave it out");
        }
    }

    public PythonInterpreter python() {
        return python;
    }

    public SandboxLimits limits() {
        return limits;
    }

    /**
     * Runs one program to its end or its limits. Waits for it on the calling thread, with which the process would die too.
     *
     * @throws CancellationException if the thread is interrupted; the program has been ended then
     */
    public Verdict run(String program) {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        String nonce = HexFormat.of().formatHex(random);
        Path folder;
        try {
            folder = Files.createTempDirectory("cria-sandbox-");
        } catch (IOException e) {
            return new Verdict(Outcome.COULD_NOT_RUN, "no empty folder: " + e.getMessage(), Duration.ZERO);
        }
        try {
            return run(nonce, (nonce + "\n" + program).getBytes(StandardCharsets.UTF_8), folder);
        } finally {
            delete(folder);
        }
    }

    private Verdict run(String nonce, byte[] input, Path folder) {
        long start = System.nanoTime();
        Process process;
        try {
            process = command(folder).start();
        } catch (IOException e) {
            return new Verdict(Outcome.COULD_NOT_RUN, firstLine(String.valueOf(e.getMessage())), Duration.ZERO);
        }
        CompletableFuture<byte[]> output = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> talk(process, input, output));
        boolean ended;
        try {
            ended = process.waitFor(limits.wall().toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                kill(process);
                process.waitFor();
            }
        } catch (InterruptedException e) {
            kill(process);
            process.onExit().join();
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while a program ran");
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        // The pipe has no other writer, since the process could start none: it ends with the process.
        byte[] read = output.join();
        return ProgramOutput.parse(nonce, new String(read, StandardCharsets.UTF_8), read.length == MAXIMUM_OUTPUT)
                .verdict(ended, process.exitValue(), elapsed, limits);
    }

    private ProcessBuilder command(Path folder) {
        // Not -I, which would also ignore the seed: with a fixed one, the order of sets, and so the verdict, is the
        // same each time.
        ProcessBuilder builder = new ProcessBuilder(
                        python.executable().toString(),
                        "-s",
                        "-S",
                        "-B",
                        "-c",
                        SCRIPT,
                        Long.toString(limits.cpuSeconds()),
                        Long.toString(limits.memoryBytes()),
                        Integer.toString(limits.openFiles()),
                        narrowReading ? "narrowed" : "none")
                .directory(folder.toFile())
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PYTHONHASHSEED", "0");
        return builder;
    }

    /** Process.destroyForcibly would also close the pipe, and lose what has not been read yet. */
    private static void kill(Process process) {
        process.toHandle().destroyForcibly();
    }

    /** Hands the program over, then reads what comes, up to a bound; whoever writes more is ended. */
    private static void talk(Process process, byte[] input, CompletableFuture<byte[]> output) {
        byte[] read = new byte[0];
        try {
            try (OutputStream out = process.getOutputStream()) {
                out.write(input);
            } catch (IOException e) {
                // It ended before it had read all: what it wrote says why.
            }
            try (InputStream in = process.getInputStream()) {
                read = in.readNBytes(MAXIMUM_OUTPUT);
                if (read.length == MAXIMUM_OUTPUT) {
                    kill(process);
                }
            }
        } catch (IOException e) {
            // What was read until then counts; without a verdict in it nothing passes.
        } finally {
            output.complete(read);
        }
    }

    /** Removes the folder. Nothing can have been made in it; if it is not empty after all, it is left for someone to look at. */
    private static void delete(Path folder) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw UserError.failed("the folder of a confined program cannot be removed: " + e, "look into " + folder);
        }
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    private static String script() {
        try (InputStream in = PythonSandbox.class.getResourceAsStream("confine.py")) {
            if (in == null) {
                throw new IllegalStateException("confine.py is not beside its class");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
