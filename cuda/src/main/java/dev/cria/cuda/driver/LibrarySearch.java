package dev.cria.cuda.driver;

import dev.cria.base.UserError;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where NVIDIA's libraries are looked for, in this order: folders named by the caller or in {@code CRIA_CUDA_LIBRARIES}; the system's loader
 * (which knows {@code LD_LIBRARY_PATH}); a toolkit at {@code CUDA_HOME}, {@code CUDA_PATH} or in {@code /usr/local}; Python wheels in the active
 * environment and the usual prefixes. A named folder may also be a Python environment or a {@code site-packages} folder.
 */
public final class LibrarySearch {
    /** The environment variable that names folders, separated as paths are. */
    public static final String VARIABLE = "CRIA_CUDA_LIBRARIES";

    /** The system property that does the same, for a process that cannot set its environment. */
    public static final String PROPERTY = "cria.cuda.libraries";

    private static final int OLDEST_MAJOR = 12;

    private final List<Path> named;
    private final Map<String, String> environment;

    /** @param named folders that come before all others */
    LibrarySearch(List<Path> named, Map<String, String> environment) {
        this.named = List.copyOf(named);
        this.environment = Map.copyOf(environment);
    }

    /** Looks in these folders first, then in those of the property, of the environment and of the system. */
    public static LibrarySearch of(List<Path> folders) {
        List<Path> named = new ArrayList<>(folders);
        named.addAll(paths(System.getProperty(PROPERTY)));
        return new LibrarySearch(named, System.getenv());
    }

    /**
     * Opens a library.
     *
     * @param newestMajor versions of a higher number are passed over, because the driver could not run their code
     * @throws UserError if it is nowhere, and the message lists where it was looked for; or if it is there for newer drivers only
     */
    public FoundLibrary open(CudaLibrary library, int newestMajor) {
        List<String> refusals = new ArrayList<>();
        return find(library, newestMajor, refusals).orElseThrow(() -> {
            Optional<FoundLibrary> newer = find(library, Integer.MAX_VALUE);
            if (newer.isPresent()) {
                return new UserError(
                        "NVIDIA's driver runs programs for CUDA " + newestMajor + " at most, and " + library.title()
                                + " is here only for a newer one: "
                                + newer.get().where(),
                        "update NVIDIA's driver, or install the libraries of CUDA "
                                + Math.max(OLDEST_MAJOR, newestMajor));
            }
            return new UserError(missing(library, newestMajor, refusals), library.hint());
        });
    }

    /** The same where the library can be done without. */
    public Optional<FoundLibrary> find(CudaLibrary library, int newestMajor) {
        return find(library, newestMajor, new ArrayList<>());
    }

    private Optional<FoundLibrary> find(CudaLibrary library, int newestMajor, List<String> refusals) {
        List<String> files = library.files().stream()
                .filter(file -> library == CudaLibrary.CUDNN || CudaLibrary.major(file) <= newestMajor)
                .toList();
        List<Path> first = namedFolders(library);
        List<Path> later = systemFolders(library);
        for (String file : files) {
            Optional<FoundLibrary> found = inFolders(library, file, first, refusals);
            if (found.isPresent()) {
                return found;
            }
        }
        for (String file : files) {
            Optional<FoundLibrary> found = byLoader(library, file);
            if (found.isEmpty()) {
                found = inFolders(library, file, later, refusals);
            }
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<FoundLibrary> inFolders(
            CudaLibrary library, String file, List<Path> folders, List<String> refusals) {
        for (Path folder : folders) {
            Path path = folder.resolve(file);
            if (Files.exists(path)) {
                try {
                    SymbolLookup symbols = SymbolLookup.libraryLookup(path.toAbsolutePath(), Arena.global());
                    openCompanions(library, folder);
                    return Optional.of(new FoundLibrary(library, path.toString(), symbols));
                } catch (IllegalArgumentException e) {
                    refusals.add(path + " does not load");
                }
            }
        }
        return Optional.empty();
    }

    /** What a library opens by name later: the loader finds it then, although no search path leads to it. */
    private static void openCompanions(CudaLibrary library, Path folder) {
        for (Path companion :
                library == CudaLibrary.NVRTC ? children(folder, "libnvrtc-builtins.so*") : List.<Path>of()) {
            SymbolLookup ignored = SymbolLookup.libraryLookup(companion.toAbsolutePath(), Arena.global());
        }
    }

    private static Optional<FoundLibrary> byLoader(CudaLibrary library, String file) {
        try {
            return Optional.of(new FoundLibrary(library, file, SymbolLookup.libraryLookup(file, Arena.global())));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private String missing(CudaLibrary library, int newestMajor, List<String> refusals) {
        String folders = folders(library).stream().map(Path::toString).collect(Collectors.joining(", "));
        String names = library.files().stream()
                .filter(file -> library == CudaLibrary.CUDNN || CudaLibrary.major(file) <= newestMajor)
                .collect(Collectors.joining(" or "));
        return library.title() + " (" + names + ") was not found by the system's loader"
                + (folders.isEmpty() ? "" : ", nor in " + folders)
                + (refusals.isEmpty() ? "" : "; " + String.join(", ", refusals));
    }

    /** Every folder that exists and is looked through for a library, the named ones first. */
    public List<Path> folders(CudaLibrary library) {
        Set<Path> folders = new LinkedHashSet<>(namedFolders(library));
        folders.addAll(systemFolders(library));
        return List.copyOf(folders);
    }

    private List<Path> namedFolders(CudaLibrary library) {
        List<Path> all = new ArrayList<>(named);
        all.addAll(paths(environment.get(VARIABLE)));
        Set<Path> folders = new LinkedHashSet<>();
        for (Path folder : all) {
            folders.add(folder);
            toolkit(folder, folders);
            wheels(folder, library, folders);
            pythons(folder, library, folders);
        }
        return existing(folders);
    }

    private List<Path> systemFolders(CudaLibrary library) {
        Set<Path> folders = new LinkedHashSet<>();
        paths(environment.get("CUDA_HOME")).forEach(home -> toolkit(home, folders));
        paths(environment.get("CUDA_PATH")).forEach(home -> toolkit(home, folders));
        if (library == CudaLibrary.DRIVER) {
            // Where the driver lies under WSL, and in containers whose loader was not told of it.
            folders.add(Path.of("/usr/lib/wsl/lib"));
            folders.add(Path.of("/usr/lib/x86_64-linux-gnu"));
            folders.add(Path.of("/usr/lib64"));
            folders.add(Path.of("/usr/local/nvidia/lib64"));
            return existing(folders);
        }
        toolkit(Path.of("/usr/local/cuda"), folders);
        children(Path.of("/usr/local"), "cuda-*").forEach(home -> toolkit(home, folders));
        for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
            paths(environment.get(variable)).forEach(prefix -> pythons(prefix, library, folders));
        }
        String home = System.getProperty("user.home", "");
        for (Path prefix : List.of(Path.of(home, ".local"), Path.of("/usr/local"), Path.of("/usr"))) {
            pythons(prefix, library, folders);
        }
        return existing(folders);
    }

    private static void toolkit(Path home, Set<Path> folders) {
        folders.add(home.resolve("lib64"));
        folders.add(home.resolve("lib"));
        folders.add(home.resolve("targets/x86_64-linux/lib"));
        folders.add(home.resolve("targets/sbsa-linux/lib"));
    }

    /** {@code site-packages} of every Python under a prefix. */
    private static void pythons(Path prefix, CudaLibrary library, Set<Path> folders) {
        for (Path python : children(prefix.resolve("lib"), "python3*")) {
            wheels(python.resolve("site-packages"), library, folders);
            wheels(python.resolve("dist-packages"), library, folders);
        }
    }

    /** What wheels put into {@code site-packages}: one folder for all since CUDA 13, one a library before. */
    private static void wheels(Path sitePackages, CudaLibrary library, Set<Path> folders) {
        Path nvidia = sitePackages.endsWith("nvidia") ? sitePackages : sitePackages.resolve("nvidia");
        folders.add(nvidia.resolve("cu13/lib"));
        folders.add(nvidia.resolve(library.wheel()).resolve("lib"));
    }

    private static List<Path> children(Path folder, String glob) {
        List<Path> children = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
                stream.forEach(children::add);
            } catch (IOException e) {
                // A folder that cannot be read holds no library for us.
                return List.of();
            }
        }
        children.sort(null);
        return children.reversed();
    }

    private static List<Path> existing(Set<Path> folders) {
        return folders.stream().filter(Files::isDirectory).toList();
    }

    private static List<Path> paths(@org.jspecify.annotations.Nullable String value) {
        List<Path> paths = new ArrayList<>();
        if (value != null) {
            for (String part : value.split(File.pathSeparator, -1)) {
                if (!part.isBlank()) {
                    paths.add(Path.of(part.strip()));
                }
            }
        }
        return paths;
    }
}
