package dev.cria.cli;

import dev.cria.cli.inspect.ModelFolder;
import dev.cria.model.LlamaModel;
import dev.cria.tensor.Device;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which model. */
final class ModelOption {
    @Option(
            names = "--model",
            paramLabel = "DIR",
            required = true,
            description = "A Hugging Face model folder, or a training run's folder (its newest checkpoint is taken).")
    private Path model;

    Path path() {
        return ModelFolder.resolve(model);
    }

    LlamaModel load(Device device) {
        return LlamaModel.load(path(), device);
    }

    /** The tokenizer beside the weights; refused where there is none. */
    Tokenizer tokenizer(LlamaModel loaded) {
        return loaded.tokenizer().orElseGet(() -> Tokenizers.load(path()));
    }
}
