package dev.cria.cuda.compile;

import dev.cria.cuda.driver.CardProperties;
import dev.cria.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Cria's CUDA sources, compiled for one card with one type of activations; what was compiled before comes from the cache. */
public final class KernelCompiler {
    private static final String FOLDER = "/dev/cria/cuda/";
    private static final String HEADER = "device.cuh";

    private final Nvrtc nvrtc;
    private final DiskCache cache;
    private final Architecture architecture;
    private final CardProperties card;

    /** @throws dev.cria.base.UserError if the card is too old for Cria or too new for the compiler */
    public KernelCompiler(Nvrtc nvrtc, DiskCache cache, CardProperties card) {
        this.nvrtc = nvrtc;
        this.cache = cache;
        this.architecture = Architecture.of(card.computeCapability(), nvrtc.architectures(), card.name());
        this.card = card;
    }

    public Architecture architecture() {
        return architecture;
    }

    public DiskCache cache() {
        return cache;
    }

    /** The text of a source. */
    public static String source(String name) {
        return resource(name + ".cu");
    }

    /** The options that a source is compiled with. */
    public static List<String> options(Architecture architecture, DType activation) {
        List<String> options = new ArrayList<>();
        options.add("--gpu-architecture=" + architecture.option());
        options.add("--std=c++17");
        options.add("-DActivation=" + activationName(activation));
        return options;
    }

    private static String activationName(DType activation) {
        return switch (activation) {
            case F32 -> "float";
            case BF16 -> "bf16";
            default -> throw new IllegalArgumentException("activations of " + activation);
        };
    }

    /**
     * Machine code of a source.
     *
     * @throws dev.cria.cuda.driver.CudaException if it does not compile; the message has the compiler's log
     */
    public byte[] compile(String name, String source, DType activation) {
        String header = resource(HEADER);
        List<String> options = options(architecture, activation);
        List<String> parts = new ArrayList<>(options);
        // The card's name keeps apart what a real and an emulated compiler of the same version make.
        parts.addAll(List.of(name, source, header, String.valueOf(nvrtc.version()), card.name()));
        String key = DiskCache.key(parts);
        Optional<byte[]> known = cache.find(key);
        if (known.isPresent()) {
            return known.get();
        }
        byte[] code = nvrtc.compile(name + ".cu", source, HEADER, header, options, architecture.machineCode());
        cache.store(key, code);
        return code;
    }

    private static String resource(String file) {
        try (InputStream in = KernelCompiler.class.getResourceAsStream(FOLDER + file)) {
            if (in == null) {
                throw new IllegalStateException("there is no source " + file + " among Cria's resources");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("reading the source " + file, e);
        }
    }
}
