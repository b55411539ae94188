package dev.cria.cuda;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * NVIDIA's driver, run-time compiler and matrix library, emulated: built from src/test/cpp by g++ once and kept in the folder for temporary
 * files. GPU n of three runs blocks and threads in its own order: forward, backward, shuffled.
 */
public final class EmulatedCuda {
    /** How many GPUs there are, and so orders. */
    public static final int DEVICES = 3;

    private static final String FOLDER = "/dev/cria/cuda/emulator/";
    private static final List<String> LIBRARY =
            List.of("driver.cpp", "streams.cpp", "device_memory.cpp", "modules.cpp", "nvrtc.cpp", "cublaslt.cpp");
    private static final List<String> KERNEL_SIDE = List.of("emulator.cpp", "warp.cpp");
    private static final List<String> HEADERS =
            List.of("emulator.h", "emulated.h", "fiber.h", "image.h", "kernel_table.h");
    private static final List<String> NAMES = List.of("libcuda.so.1", "libnvrtc.so.13", "libcublasLt.so.13");
    private static final List<String> OPTIONS =
            List.of("-std=c++20", "-O2", "-march=native", "-fPIC", "-fvisibility=hidden", "-w", "-DCRIA_EMULATOR");
    private static final long BUILD_MINUTES = 5;

    private EmulatedCuda() {}

    /**
     * The folder with the libraries, built when it is not there yet; empty where there is no g++.
     *
     * @throws IllegalStateException if g++ refuses the sources
     */
    public static synchronized Optional<Path> libraries() {
        String compiler = compiler();
        if (!isThere(compiler)) {
            return Optional.empty();
        }
        String version = version(compiler);
        Path folder = Path.of(
                System.getProperty("java.io.tmpdir"), "cria-emulator-" + System.getProperty("user.name"), version);
        if (!Files.exists(folder)) {
            build(folder, version, compiler);
        }
        return Optional.of(folder);
    }

    /** Changes what the emulated driver does from now on; the names are those of Settings in emulated.h. */
    public static void set(String name, long value) {
        Path library = libraries().orElseThrow().resolve(NAMES.getFirst());
        try (Arena arena = Arena.ofConfined()) {
            int status = (int) Linker.nativeLinker()
                    .downcallHandle(
                            SymbolLookup.libraryLookup(library, Arena.global())
                                    .find("cria_emulator_set")
                                    .orElseThrow(),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG))
                    .invokeExact(arena.allocateFrom(name), value);
            if (status != 0) {
                throw new IllegalArgumentException("the emulator has no setting " + name);
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("cria_emulator_set", e);
        }
    }

    private static String compiler() {
        String set = System.getenv("CXX");
        return set != null && !set.isBlank() ? set : "g++";
    }

    private static boolean isThere(String compiler) {
        String path = System.getenv("PATH");
        return compiler.startsWith("/")
                ? Files.isExecutable(Path.of(compiler))
                : Stream.of((path == null ? "" : path).split(File.pathSeparator, -1))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, compiler)));
    }

    /** Of the sources, and of what else decides about the machine code. */
    private static String version(String compiler) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (List<String> files : List.of(LIBRARY, KERNEL_SIDE, HEADERS)) {
                for (String file : files) {
                    digest.update(source(file));
                }
            }
            digest.update((compiler + OPTIONS).getBytes(StandardCharsets.UTF_8));
            digest.update(source("../device.cuh"));
            return HexFormat.of().formatHex(digest.digest(), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static byte[] source(String file) {
        String name = file.startsWith("../") ? "/dev/cria/cuda/" + file.substring(3) : FOLDER + file;
        try (InputStream in = EmulatedCuda.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("there is no " + name + " among the tests' resources");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + name, e);
        }
    }

    private static void build(Path folder, String version, String compiler) {
        try {
            Files.createDirectories(folder.getParent());
            Path work = Files.createTempDirectory(folder.getParent(), "building");
            for (List<String> files : List.of(LIBRARY, KERNEL_SIDE, HEADERS)) {
                for (String file : files) {
                    Files.write(work.resolve(file), source(file));
                }
            }
            Files.write(work.resolve("device.cuh"), source("../device.cuh"));
            compile(work, version, compiler);
            for (String name : NAMES) {
                Files.createSymbolicLink(work.resolve(name), Path.of("libemulated.so"));
            }
            publish(work, folder);
        } catch (IOException e) {
            throw new UncheckedIOException("building the emulated GPU in " + folder, e);
        }
    }

    private static void compile(Path work, String version, String compiler) throws IOException {
        List<List<String>> commands = new ArrayList<>();
        List<String> library = new ArrayList<>(List.of(compiler, "-shared", "-o", "libemulated.so"));
        library.addAll(OPTIONS);
        library.add("-DCRIA_EMULATOR_VERSION=\"" + version + "\"");
        library.addAll(LIBRARY);
        library.addAll(List.of("-lpthread", "-ldl"));
        commands.add(library);
        List<String> objects = new ArrayList<>(List.of(compiler, "-c"));
        objects.addAll(OPTIONS);
        objects.addAll(KERNEL_SIDE);
        commands.add(objects);
        Path log = work.resolve("build.log");
        List<Process> processes = new ArrayList<>();
        for (List<String> command : commands) {
            processes.add(new ProcessBuilder(command)
                    .directory(work.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start());
        }
        for (Process process : processes) {
            try {
                if (!process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
                    throw new IllegalStateException("the emulated GPU does not compile:\n" + Files.readString(log));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while building the emulated GPU", e);
            } finally {
                process.destroyForcibly();
            }
        }
    }

    /** Another process may have built the same meanwhile. */
    private static void publish(Path work, Path folder) throws IOException {
        try {
            Files.move(work, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            try (Stream<Path> files = Files.walk(work)) {
                for (Path file :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
