package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.inspect.ModelPath;
import dev.cria.model.LlamaModel;
import dev.cria.tensor.Device;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which model. */
final class ModelOption {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            required = true,
            description =
                    "A Hugging Face model folder, a GGUF file, the name of a model that `cria pull` fetched, or a training run's folder (its newest checkpoint is taken).")
    private String model;

    Path path() {
        return ModelPath.resolve(model);
    }

    LlamaModel load(Device device) {
        return LlamaModel.load(path(), device);
    }

    /** The tokenizer that belongs to the weights; refused where there is none. */
    Tokenizer tokenizer(LlamaModel loaded) {
        return loaded.tokenizer()
                .orElseThrow(() -> new UserError(
                        path() + " has no tokenizer", "put tokenizer.json or tokenizer.model beside the weights"));
    }

    /** The chat template that belongs to the weights; refused where there is none. */
    ChatTemplate chatTemplate(LlamaModel loaded) {
        return loaded.chatTemplate()
                .orElseThrow(() -> new UserError(
                        path() + ": the tokenizer has no chat template",
                        "use a chat model, or give a prompt without a conversation"));
    }
}
