package dev.cria.train.recipe;

import dev.cria.base.yaml.YamlSection;
import dev.cria.model.adapter.Projection;
import dev.cria.train.recipe.LoraSettings.Base;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** The {@code lora} section of a recipe: its keys, defaults and ranges. */
final class LoraReader {
    private static final List<String> ALL =
            Arrays.stream(Projection.values()).map(Projection::shortName).toList();

    private LoraReader() {}

    static LoraSettings read(YamlSection section) {
        int rank = section.integer("rank", 16, 1, 65_536);
        List<String> named = section.exactTexts("targets");
        for (String name : named) {
            if (!ALL.contains(name)) {
                throw section.refuse("targets", "names '" + name + "'", "choose among " + String.join(", ", ALL));
            }
        }
        if (new HashSet<>(named).size() < named.size()) {
            throw section.refuse("targets", "names a layer twice", "name each once");
        }
        if (section.has("targets") && named.isEmpty()) {
            throw section.refuse("targets", "is empty", "choose among " + String.join(", ", ALL));
        }
        // In the model's order, whatever the list's, so that two ways to write the same are the same run.
        List<String> targets = ALL.stream()
                .filter(name -> named.isEmpty() || named.contains(name))
                .toList();
        LoraSettings settings = new LoraSettings(
                rank,
                section.number("alpha", 2.0 * rank, 1e-9, 1e9),
                section.number("dropout", 0, 0, 0.99),
                targets,
                section.choice("base", Base.class, Base.AUTO));
        section.finish();
        return settings;
    }

    static void write(ObjectNode node, LoraSettings settings) {
        node.put("rank", settings.rank()).put("alpha", settings.alpha()).put("dropout", settings.dropout());
        var targets = node.putArray("targets");
        settings.targets().forEach(targets::add);
        node.put("base", settings.base().name().toLowerCase(Locale.ROOT));
    }
}
