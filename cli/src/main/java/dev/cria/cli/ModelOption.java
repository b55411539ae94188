package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.inspect.ModelPath;
import dev.cria.cli.inspect.PretrainingCheckpoint;
import dev.cria.cli.terminal.Console;
import dev.cria.model.LlamaModel;
import dev.cria.model.adapter.Adapter;
import dev.cria.model.adapter.AdapterChoice;
import dev.cria.tensor.Device;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model. */
final class ModelOption {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            required = true,
            description =
                    "A Hugging Face model folder, a GGUF file, the name of a model that `cria pull` fetched, a training run's folder (its newest checkpoint is taken), or a LoRA adapter's folder (its base is taken, with the adapter on it).")
    private String model;

    @Mixin
    private AdapterOption adapters = new AdapterOption();

    @Mixin
    private WeightsOption weights = new WeightsOption();

    Path path() {
        return ModelPath.resolve(model);
    }

    /** The adapters that were asked for beside the model. */
    List<AdapterChoice> adapters() {
        return adapters.choices();
    }

    /** The model with its adapters; says what is odd about them. */
    LlamaModel load(Device device, Console console) {
        return weights.place(adapters.load(path(), device, console), false);
    }

    /** The same for a command that writes text for long, and need not begin at once. */
    LlamaModel loadToWrite(Device device, Console console) {
        return weights.place(adapters.load(path(), device, console), true);
    }

    /** Whether it is a checkpoint of pretraining as it is, which has never seen a conversation. */
    boolean isPretraining() {
        return adapters.isEmpty() && !Adapter.isAdapter(path()) && PretrainingCheckpoint.is(path());
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
