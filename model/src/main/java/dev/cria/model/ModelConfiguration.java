package dev.cria.model;

import dev.cria.model.gguf.GgufFile;
import java.nio.file.Path;
import java.util.Optional;

/** The configuration of a model, whatever its format. */
public final class ModelConfiguration {
    private ModelConfiguration() {}

    /**
     * Reads it from a Hugging Face directory or a GGUF file.
     *
     * @throws dev.cria.base.UserError if there is none, or it is refused
     */
    public static LlamaConfig read(Path fileOrDirectory) {
        Optional<Path> gguf = GgufModel.locate(fileOrDirectory);
        if (gguf.isEmpty()) {
            return HuggingFaceDirectory.readConfig(fileOrDirectory);
        }
        try (GgufFile file = GgufFile.open(gguf.get())) {
            return GgufModel.checkedConfig(file);
        }
    }

    /** Whether a path is a GGUF file, or a directory that holds one. */
    public static boolean isGguf(Path fileOrDirectory) {
        return GgufModel.locate(fileOrDirectory).isPresent();
    }
}
