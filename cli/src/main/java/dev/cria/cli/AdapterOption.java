package dev.cria.cli;

import dev.cria.cli.inspect.ModelPath;
import dev.cria.cli.terminal.Console;
import dev.cria.model.LlamaModel;
import dev.cria.model.adapter.AdaptedModels;
import dev.cria.model.adapter.AdapterChoice;
import dev.cria.model.hub.HubCache;
import dev.cria.tensor.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which adapters lie on a model. */
final class AdapterOption {
    @Option(
            names = "--adapter",
            paramLabel = "DIR[=WEIGHT]",
            description =
                    "A LoRA adapter, as peft or `cria finetune` saves it, to put on the model, as much of it as WEIGHT says (default: 1); may be repeated.")
    private List<String> adapters = new ArrayList<>();

    /** What was asked for; of a training run's folder, its newest checkpoint. */
    List<AdapterChoice> choices() {
        return adapters.stream()
                .map(AdapterChoice::parse)
                .map(choice ->
                        new AdapterChoice(ModelPath.resolve(choice.directory().toString()), choice.weight()))
                .toList();
    }

    /** A model with the adapters on it; says what is odd about them. */
    LlamaModel load(Path model, Device device, Console console) {
        return AdaptedModels.load(
                model, choices(), device, HubCache.ofProcess(), notice -> console.say("cria: " + notice));
    }

    boolean isEmpty() {
        return adapters.isEmpty();
    }
}
