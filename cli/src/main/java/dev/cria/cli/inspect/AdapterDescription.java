package dev.cria.cli.inspect;

import dev.cria.base.UserError;
import dev.cria.model.adapter.Adapter;
import dev.cria.model.adapter.AdapterConfig;
import dev.cria.model.adapter.AdapterWeights;
import dev.cria.model.adapter.BaseModel;
import dev.cria.model.adapter.TargetModules;
import dev.cria.model.hub.HubCache;
import dev.cria.model.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;

/** Describes a LoRA adapter's folder: what it is, and whether the model that it belongs to is here. */
final class AdapterDescription {
    private AdapterDescription() {}

    static Description of(Path directory) throws IOException {
        AdapterConfig config = Adapter.readConfig(directory);
        Description.Builder builder = new Description.Builder("LoRA adapter")
                .add("base", config.base().orElse("not named"))
                .add("base_is", base(directory))
                .add("rank", config.rank())
                .add("alpha", config.alpha())
                .add("dropout", config.dropout())
                .add("scaling", config.rankStabilised() ? "alpha / √rank" : "alpha / rank")
                .add("targets", targets(config.targets()));
        config.excluded().ifPresent(excluded -> builder.add("excluded", targets(excluded)));
        if (!config.layers().isEmpty()) {
            builder.add("layers", config.layers().stream().sorted().toList());
        }
        if (!config.rankPattern().isEmpty()) {
            builder.add("rank_by_layer", config.rankPattern());
        }
        if (!config.alphaPattern().isEmpty()) {
            builder.add("alpha_by_layer", config.alphaPattern());
        }
        if (Files.exists(directory.resolve(AdapterWeights.FILE))) {
            try (Safetensors file = Safetensors.open(directory.resolve(AdapterWeights.FILE))) {
                TreeMap<String, Long> types = ModelDescription.types(file);
                builder.add(
                                "parameters",
                                types.values().stream()
                                        .mapToLong(Long::longValue)
                                        .sum())
                        .add("weights", types)
                        .add("weight_bytes", file.bytes());
            }
        } else {
            builder.add("weights", "none here");
        }
        ModelDescription.text(directory, builder);
        ModelDescription.trainer(directory, builder);
        return builder.build();
    }

    /** Where the base is, or why it is nowhere. */
    private static String base(Path directory) {
        try {
            return "found at " + BaseModel.find(directory, HubCache.ofProcess());
        } catch (UserError e) {
            return "not found here";
        }
    }

    private static Object targets(TargetModules targets) {
        return switch (targets) {
            case TargetModules.AllLinear all -> "all linear layers";
            case TargetModules.Expression regex -> "layers that match " + regex.expression();
            case TargetModules.Names names -> names.names();
        };
    }
}
