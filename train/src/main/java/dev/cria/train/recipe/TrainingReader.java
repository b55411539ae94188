package dev.cria.train.recipe;

import dev.cria.base.yaml.YamlSection;
import dev.cria.model.layers.Recompute;
import dev.cria.tensor.DeviceName;
import dev.cria.train.recipe.Recipe.Precision;
import dev.cria.train.recipe.Recipe.Training;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** The part of {@code training} that says on what and how, to and from YAML; how long is a stage's affair. */
final class TrainingReader {
    private static final String AUTO = "auto";

    private TrainingReader() {}

    static Training read(YamlSection section) {
        DeviceName device = device(section);
        return new Training(
                device,
                section.choice("precision", Precision.class, device.isGpu() ? Precision.AUTO : Precision.F32),
                section.integer("threads", 0, 0, 4096),
                section.integer("sequence_length", 0, 0, RecipeReader.MAXIMUM_SIZE),
                section.text("micro_batch").filter(AUTO::equals).isPresent()
                        ? Training.FITTING
                        : section.integer("micro_batch", 8, 1, 65_536),
                section.choice("recompute", Recompute.class, Recompute.NONE),
                section.whole("seed", 1, Long.MIN_VALUE / 2, Long.MAX_VALUE / 2));
    }

    private static DeviceName device(YamlSection section) {
        String name = section.text("device", DeviceName.CPU.toString());
        return DeviceName.parse(name)
                .orElseThrow(() -> section.refuse("device", "is '" + name + "'", "allowed: " + DeviceName.ALLOWED));
    }

    static void write(ObjectNode node, Training training) {
        node.put("device", training.device().toString())
                .put("precision", training.precision().name().toLowerCase(Locale.ROOT))
                .put("threads", training.threads())
                .put("sequence_length", training.sequenceLength());
        if (training.microBatch() == Training.FITTING) {
            node.put("micro_batch", AUTO);
        } else {
            node.put("micro_batch", training.microBatch());
        }
        node.put("recompute", training.recompute().name().toLowerCase(Locale.ROOT))
                .put("seed", training.seed());
    }
}
