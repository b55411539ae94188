package dev.cria.train.recipe;

import dev.cria.base.yaml.YamlSection;
import dev.cria.train.align.PreferenceLoss;
import dev.cria.train.align.PreferenceSettings;
import dev.cria.train.recipe.Recipe.Batch;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** The {@code align} section of a recipe, and what it changes elsewhere: keys, defaults and ranges, and how they are written back. */
final class AlignReader {
    /** The key of {@code training} that counts pairs. */
    static final String BATCH = "batch_pairs";

    private static final long DEFAULT_BATCH = 64;

    private AlignReader() {}

    static PreferenceSettings read(YamlSection section) {
        PreferenceLoss loss = section.choice("loss", PreferenceLoss.class, PreferenceLoss.SIGMOID);
        double smoothing = section.number("label_smoothing", 0, 0, 0.499);
        if (smoothing > 0 && loss != PreferenceLoss.SIGMOID) {
            throw section.refuse("label_smoothing", "belongs to loss sigmoid only", "leave it out");
        }
        PreferenceSettings settings = new PreferenceSettings(
                loss,
                section.number("beta", 0.1, 1e-6, 1000),
                smoothing,
                section.flag("length_normalised", loss == PreferenceLoss.IPO));
        section.finish();
        return settings;
    }

    /** How many pairs an update takes. */
    static Batch batch(YamlSection training) {
        for (String key : new String[] {"batch_sequences", "batch_tokens"}) {
            if (training.has(key)) {
                throw training.refuse(key, "cannot stand beside align", "say how many pairs an update takes: " + BATCH);
            }
        }
        return new Batch(training.whole(BATCH, DEFAULT_BATCH, 1, 1_000_000_000), false);
    }

    /** Nats over the median that make a loss a spike, unless the recipe says otherwise: IPO's loss is no number of nats. */
    static double spikeThreshold(PreferenceSettings settings) {
        return settings.loss() == PreferenceLoss.IPO ? 0 : 2;
    }

    static void write(ObjectNode node, PreferenceSettings settings) {
        node.put("loss", settings.loss().name().toLowerCase(Locale.ROOT))
                .put("beta", settings.beta())
                .put("label_smoothing", settings.labelSmoothing())
                .put("length_normalised", settings.lengthNormalised());
    }
}
