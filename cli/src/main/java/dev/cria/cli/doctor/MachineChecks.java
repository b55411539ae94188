package dev.cria.cli.doctor;

import dev.cria.cli.terminal.Units;
import dev.cria.cuda.CudaProbe;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Looks at the JDK, the processor, memory, disk, and the files that Cria can make use of. */
public final class MachineChecks {
    private static final long GIB = 1L << 30;

    /** Processor features that decide how fast training is, as Linux names them on x86 and arm. */
    private static final List<String> FEATURES = List.of(
            "avx2",
            "fma",
            "avx512f",
            "avx512_vnni",
            "avx512_bf16",
            "avx512_fp16",
            "amx_bf16",
            "amx_int8",
            "asimd",
            "asimddp",
            "bf16",
            "i8mm",
            "sve");

    private MachineChecks() {}

    /** All of them. */
    public static List<Check> run(Map<String, String> environment) {
        List<Check> checks = new ArrayList<>();
        checks.add(java());
        checks.add(vectorModule());
        checks.add(processor());
        checks.add(memory());
        checks.add(disk());
        checks.add(gpu());
        checks.add(jdkSources());
        checks.add(referenceData(environment));
        return List.copyOf(checks);
    }

    private static Check gpu() {
        CudaProbe found = CudaProbe.look();
        String value = String.join("; ", found.lines());
        return found.usable()
                ? Check.ok("cuda", value)
                : Check.note(
                        "cuda",
                        value,
                        "none is needed; with an NVIDIA GPU and its libraries, --device cuda computes on it");
    }

    private static Check java() {
        String value = Runtime.version() + " (" + System.getProperty("java.vendor") + ") at "
                + System.getProperty("java.home");
        return Runtime.version().feature() >= 25
                ? Check.ok("java", value)
                : Check.bad("java", value, "install JDK 25 and start Cria by ./cria, which finds it");
    }

    private static Check vectorModule() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                ? Check.ok("vector api", "jdk.incubator.vector is there")
                : Check.note(
                        "vector api",
                        "jdk.incubator.vector is not loaded, so only the scalar kernels are left",
                        "start Cria by ./cria, or add --add-modules jdk.incubator.vector");
    }

    private static Check processor() {
        int processors = Runtime.getRuntime().availableProcessors();
        String name = System.getProperty("os.arch");
        String features = "";
        Optional<Map<String, String>> info = colonFile(Path.of("/proc/cpuinfo"));
        if (info.isPresent()) {
            name = info.get().getOrDefault("model name", name);
            String flags = info.get().getOrDefault("flags", info.get().getOrDefault("Features", ""));
            Set<String> all = Set.copyOf(new java.util.HashSet<>(Arrays.asList(flags.split(" "))));
            features = FEATURES.stream().filter(all::contains).reduce("", (a, b) -> a + " " + b);
        }
        return Check.ok("processor", processors + " x " + name + (features.isEmpty() ? "" : ":" + features));
    }

    private static Check memory() {
        Map<String, String> info = colonFile(Path.of("/proc/meminfo")).orElse(Map.of());
        long heap = Runtime.getRuntime().maxMemory();
        if (!info.containsKey("MemTotal") || !info.containsKey("MemAvailable")) {
            return Check.ok("memory", "Java heap up to " + Units.bytes(heap) + "; tensors live outside it");
        }
        long total = kilobytes(info.get("MemTotal"));
        long available = kilobytes(info.get("MemAvailable"));
        String value = Units.bytes(available) + " of " + Units.bytes(total) + " available; Java heap up to "
                + Units.bytes(heap) + ", tensors live outside it";
        return available >= 2 * GIB
                ? Check.ok("memory", value)
                : Check.note("memory", value, "close other programs; quickstart needs about 1.5 GiB");
    }

    private static Check disk() {
        Path here = Path.of("").toAbsolutePath();
        try {
            FileStore store = Files.getFileStore(here);
            String value = Units.bytes(store.getUsableSpace()) + " free at " + here;
            if (!Files.isWritable(here)) {
                return Check.note("disk", here + " is not writable", "give every command an --output elsewhere");
            }
            return store.getUsableSpace() >= GIB
                    ? Check.ok("disk", value)
                    : Check.note("disk", value, "quickstart needs about 0.5 GiB");
        } catch (IOException e) {
            return Check.note("disk", "cannot be asked about " + here + ": " + e.getMessage(), "");
        }
    }

    private static Check jdkSources() {
        Path sources = Path.of(System.getProperty("java.home"), "lib", "src.zip");
        return Files.isReadable(sources)
                ? Check.ok("jdk sources", sources + ", what quickstart trains on")
                : Check.note(
                        "jdk sources",
                        "this JDK came without lib/src.zip, which quickstart trains on",
                        "give `cria quickstart` another text by --input, or install a JDK with its sources");
    }

    private static Check referenceData(Map<String, String> environment) {
        String set = environment.getOrDefault("CRIA_REFERENCE_DATA", "");
        Path folder = set.isBlank()
                ? Path.of(environment.getOrDefault("CRIA_HOME", ""))
                        .toAbsolutePath()
                        .resolveSibling("shared")
                : Path.of(set);
        return Files.isDirectory(folder.resolve("golden"))
                ? Check.ok("reference data", folder + " (used by tests alone)")
                : Check.note(
                        "reference data",
                        "none at " + folder + "; the tests that compare with it are skipped, nothing else needs it",
                        "set CRIA_REFERENCE_DATA to the folder that holds golden/");
    }

    private static long kilobytes(String text) {
        String digits = text.replaceAll("[^0-9]", "");
        return digits.isEmpty() ? 0 : Long.parseLong(digits) * 1024;
    }

    /** The lines {@code key: value} of a file; the first wins. Empty where there is no such file. */
    private static Optional<Map<String, String>> colonFile(Path file) {
        try {
            Map<String, String> values = new TreeMap<>();
            for (String line : Files.readAllLines(file)) {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    values.putIfAbsent(
                            line.substring(0, colon).strip(),
                            line.substring(colon + 1).strip());
                }
            }
            return Optional.of(values);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
