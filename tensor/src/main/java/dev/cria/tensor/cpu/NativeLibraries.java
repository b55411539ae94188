package dev.cria.tensor.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Optional;

/**
 * Native libraries that travel as resources inside jars: unpacked once into the user's cache folder ({@code CRIA_CACHE}, else
 * {@code $XDG_CACHE_HOME/cria}, else {@code ~/.cache/cria}), then opened from there.
 */
final class NativeLibraries {
    private NativeLibraries() {}

    /** The platform's name as the jars' folders have it, such as {@code linux-x86_64}. */
    static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        String osName = os.startsWith("linux")
                ? "linux"
                : os.startsWith("mac") ? "macosx" : os.startsWith("windows") ? "windows" : os;
        String archName = arch.equals("amd64") ? "x86_64" : arch.equals("aarch64") ? "arm64" : arch;
        return osName + "-" + archName;
    }

    /**
     * Unpacks a resource, unless the same size of it is already there, and returns its path.
     *
     * @return empty where the class path has no such resource
     * @throws UncheckedIOException if it cannot be written
     */
    static Optional<Path> unpack(String resource) {
        URL url = NativeLibraries.class.getClassLoader().getResource(resource);
        if (url == null) {
            return Optional.empty();
        }
        try {
            URLConnection connection = url.openConnection();
            connection.setUseCaches(false);
            String name = resource.substring(resource.lastIndexOf('/') + 1);
            // The jar's name and the entry's size and time tell versions apart; a linked library must keep its file
            // name.
            String key = Integer.toHexString(
                    (url + "|" + connection.getContentLengthLong() + "|" + connection.getLastModified()).hashCode());
            Path folder = cacheFolder().resolve("native").resolve(key);
            Path target = folder.resolve(name);
            try (InputStream in = connection.getInputStream()) {
                if (!Files.exists(target)) {
                    Files.createDirectories(folder);
                    Path beside = Files.createTempFile(folder, name, ".tmp");
                    Files.copy(in, beside, StandardCopyOption.REPLACE_EXISTING);
                    Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                }
            }
            return Optional.of(target);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack " + resource, e);
        }
    }

    /** Cria's own leaf kernels for this platform, unpacked; empty where there are none. Errors as {@link #unpack}. */
    static Optional<Path> leaves() {
        return unpack("dev/cria/tensor/cpu/native/" + platform() + "/libcria.so");
    }

    private static Path cacheFolder() {
        String set = System.getenv("CRIA_CACHE");
        if (set != null && !set.isBlank()) {
            return Path.of(set);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg != null && !xdg.isBlank() ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("cria");
    }

    /** Opens a library for the rest of the process. */
    static SymbolLookup open(Path library) {
        return SymbolLookup.libraryLookup(library, Arena.global());
    }

    static MethodHandle function(SymbolLookup library, String name, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), type);
    }

    /** Sets a variable of the C environment, which libraries read when they are opened; {@code System.getenv} does not see it. */
    static void setEnvironment(String name, String value) {
        MethodHandle setenv = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("setenv"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cName = arena.allocateFrom(name);
            MemorySegment cValue = arena.allocateFrom(value);
            int ignored = (int) setenv.invokeExact(cName, cValue, 0);
        } catch (Throwable e) {
            throw new IllegalStateException("setenv", e);
        }
    }
}
