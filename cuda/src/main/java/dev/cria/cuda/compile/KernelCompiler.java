package dev.cria.cuda.compile;

import dev.cria.cuda.driver.CardProperties;
import dev.cria.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Cria's CUDA sources, compiled for one card with one type of activations; what was compiled before comes from the cache. */
public final class KernelCompiler {
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

    /** Where the compiler was found, and its version. */
    public String description() {
        return "NVRTC " + nvrtc.version() / 1000 + "." + nvrtc.version() % 1000 / 10 + " at "
                + nvrtc.library().where();
    }

    public DiskCache cache() {
        return cache;
    }

    /** The options that a source is compiled with. */
    public static List<String> options(Architecture architecture, DType activation) {
        List<String> options = new ArrayList<>();
        options.add("--gpu-architecture=" + architecture.option());
        options.add("--std=c++17");
        // Lambdas within kernels say nothing of where they run.
        options.add("-default-device");
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
     * Machine code of a source, or PTX, which the driver loads as well.
     *
     * @throws dev.cria.cuda.driver.CudaException if it does not compile; the message has the compiler's log
     */
    public byte[] compile(KernelSource source, DType activation) {
        List<String> options = options(architecture, activation);
        List<String> parts = new ArrayList<>(options);
        parts.add(source.name());
        parts.add(source.text());
        source.headers().forEach((name, text) -> {
            parts.add(name);
            parts.add(text);
        });
        parts.add(String.valueOf(nvrtc.version()));
        // The card's name keeps apart what a real and an emulated compiler of the same version make.
        parts.add(card.name());
        String key = DiskCache.key(parts);
        Optional<byte[]> known = cache.find(key);
        if (known.isPresent()) {
            return known.get();
        }
        byte[] code = nvrtc.compile(source, options, architecture.machineCode());
        cache.store(key, code);
        return code;
    }
}
