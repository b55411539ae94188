package dev.cria.cli.inspect;

import dev.cria.base.UserError;
import dev.cria.data.Manifest;
import dev.cria.model.GgufModel;
import dev.cria.model.adapter.Adapter;
import dev.cria.model.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Finds out what a path holds, by what lies in it, and describes it. */
public final class Inspector {
    private Inspector() {}

    /**
     * Describes what is at {@code path}.
     *
     * @throws UserError if nothing is there, it is damaged, or it is nothing Cria knows
     */
    public static Description inspect(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new UserError(
                    "there is nothing at " + path, "give a model's, data set's or run's folder, or a file of one");
        }
        return Files.isDirectory(path) ? directory(path) : file(path);
    }

    static Description directory(Path path) throws IOException {
        if (Files.exists(path.resolve(Manifest.FILE))) {
            return DatasetDescription.of(path);
        }
        if (Files.exists(path.resolve("config.json"))) {
            return ModelDescription.of(path);
        }
        if (Adapter.isAdapter(path)) {
            return AdapterDescription.of(path);
        }
        if (RunDescription.isRun(path)) {
            return RunDescription.of(path);
        }
        if (Files.exists(path.resolve("tokenizer.json")) || Files.exists(path.resolve("tokenizer.model"))) {
            return TokenizerDescription.of(path);
        }
        Optional<Path> gguf = GgufModel.locate(path);
        if (gguf.isPresent()) {
            return GgufDescription.of(gguf.get());
        }
        throw unknown(
                path,
                "it has none of a GGUF file, config.json, adapter_config.json, manifest.json, tokenizer.json, tokenizer.model and checkpoints");
    }

    private static Description file(Path path) throws IOException {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".safetensors") || name.endsWith(".safetensors.index.json")) {
            return ModelDescription.tensors(path);
        }
        if (name.endsWith(".yaml") || name.endsWith(".yml")) {
            return RecipeDescription.of(path);
        }
        if (name.endsWith(".gguf") || GgufFile.isGguf(path)) {
            return GgufDescription.of(path);
        }
        if (name.equals("config.json")) {
            return ModelDescription.configuration(path);
        }
        if (name.endsWith(".model") || name.endsWith(".json")) {
            return TokenizerDescription.of(path);
        }
        throw unknown(path, "its name ends in none of .safetensors, .gguf, .model, .json and .yaml");
    }

    private static UserError unknown(Path path, String why) {
        return new UserError(
                path + " is nothing Cria knows: " + why,
                "give a model's, data set's, tokenizer's or run's folder, a .safetensors or .gguf file, a tokenizer file, or a recipe");
    }
}
