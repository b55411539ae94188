package dev.cria.cli;

import dev.cria.model.LlamaModel;
import java.lang.management.ManagementFactory;
import picocli.CommandLine.Option;

/** Where the weights lie while a model runs. */
final class WeightsOption {
    /** Weights that take more than this part of the memory stay in their file. */
    private static final int PART = 4;

    /** In the file, whose pages processes share, or in memory of this process. */
    enum Place {
        AUTO,
        MAP,
        COPY
    }

    @Option(
            names = "--weights",
            paramLabel = "WHERE",
            defaultValue = "auto",
            description =
                    "map: in their file, which starts at once and is shared with other processes; copy: in memory of this process, on huge pages, which gives text faster; auto: copy in chat and bench where they take no more than a quarter of the memory, else map (default: ${DEFAULT-VALUE}).")
    private Place place = Place.AUTO;

    /**
     * The model with its weights where they are wanted; close the result in place of it.
     *
     * @param writes whether it will write text for long, for which all weights are read again and again
     */
    LlamaModel place(LlamaModel model, boolean writes) {
        boolean copies = place == Place.COPY
                || place == Place.AUTO && writes && model.weights().bytes() <= memory() / PART;
        if (!copies) {
            return model;
        }
        boolean copied = false;
        try {
            LlamaModel copy = model.inOwnMemory();
            copied = true;
            return copy;
        } finally {
            if (!copied) {
                model.close();
            }
        }
    }

    /** Bytes of this machine, or of the container. */
    private static long memory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : 0;
    }
}
