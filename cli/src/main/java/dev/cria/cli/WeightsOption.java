package dev.cria.cli;

import dev.cria.model.LlamaModel;
import picocli.CommandLine.Option;

/** Where the weights lie while a model runs. */
final class WeightsOption {
    /** In the file, whose pages processes share, or in memory of this process. */
    enum Place {
        MAP,
        COPY
    }

    @Option(
            names = "--weights",
            paramLabel = "WHERE",
            defaultValue = "map",
            description =
                    "map: in the file, which starts at once and is shared with other processes; copy: read into memory of this process, on huge pages, which one thread reads faster (default: ${DEFAULT-VALUE}).")
    private Place place = Place.MAP;

    /** The model with its weights where they are wanted; close the result in place of it. */
    LlamaModel place(LlamaModel model) {
        if (place == Place.MAP) {
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
}
