package dev.cria.tensor;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A device as people name it: {@code cpu}, {@code cuda}, or {@code cuda:1} for the second of several GPUs.
 *
 * @param ordinal which GPU; 0 for the CPU
 */
public record DeviceName(Kind kind, int ordinal) {
    /** The CPU. */
    public static final DeviceName CPU = new DeviceName(Kind.CPU, 0);

    /** What can be named, for a hint. */
    public static final String ALLOWED = "cpu, cuda, or cuda:1 for the second GPU";

    private static final Pattern GPU = Pattern.compile("cuda(?::([0-9]{1,3}))?");

    /** What computes. */
    public enum Kind {
        CPU,
        CUDA
    }

    /** The device of a name; empty where there is no such name. */
    public static Optional<DeviceName> parse(String name) {
        String lower = name.strip().toLowerCase(Locale.ROOT);
        Matcher gpu = GPU.matcher(lower);
        if (gpu.matches()) {
            return Optional.of(new DeviceName(
                    Kind.CUDA,
                    Optional.ofNullable(gpu.group(1)).map(Integer::parseInt).orElse(0)));
        }
        return lower.equals("cpu") ? Optional.of(CPU) : Optional.empty();
    }

    /** Whether it is a GPU. */
    public boolean isGpu() {
        return kind == Kind.CUDA;
    }

    @Override
    public String toString() {
        return kind == Kind.CPU ? "cpu" : ordinal == 0 ? "cuda" : "cuda:" + ordinal;
    }
}
