package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.inspect.ModelPath;
import dev.cria.model.Capacity;
import dev.cria.model.FrozenBase;
import dev.cria.model.TrainableLlama;
import dev.cria.model.adapter.AdapterConfig;
import dev.cria.model.adapter.Projection;
import dev.cria.model.lora.AdapterInitializer;
import dev.cria.model.lora.AdapterOnBase;
import dev.cria.model.lora.AdapterParameters;
import dev.cria.tensor.Device;
import dev.cria.train.recipe.LoraSettings.Base;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** What {@code cria bench --train} is told to train an adapter. */
final class LoraBenchOptions {
    @Option(
            names = "--lora",
            paramLabel = "RANK",
            description = "Training: an adapter of this rank on all linear layers of --model, whose own weights stay.")
    private Optional<Integer> rank;

    @Option(
            names = "--base",
            paramLabel = "TYPE",
            defaultValue = "auto",
            description =
                    "Training an adapter: what the model is stored as, auto, f32, bf16, q8_0 or q4_0 (default: ${DEFAULT-VALUE}).")
    private Base base;

    boolean isAsked() {
        return rank.isPresent();
    }

    /** What is trained on, in a word for reports. */
    String name() {
        return "lora-" + base.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Opens the model, lets it be used, and closes it. */
    void with(String model, Device device, Capacity capacity, Consumer<TrainableLlama> use) {
        int r = rank.orElseThrow();
        if (r < 1) {
            throw new UserError("--lora is a rank", "give 1 or more");
        }
        List<String> targets =
                Arrays.stream(Projection.values()).map(Projection::shortName).toList();
        AdapterConfig adapter = AdapterConfig.of(r, r, 0, targets, Optional.empty());
        try (FrozenBase frozen = FrozenBase.open(ModelPath.resolve(model), device, base.type());
                TrainableLlama learning = AdapterOnBase.model(device, frozen.weights(), adapter, capacity)) {
            AdapterInitializer.kaiming((AdapterParameters) learning.trained(), learning.config(), 0, device);
            learning.parametersChanged();
            use.accept(learning);
        }
    }
}
