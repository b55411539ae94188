package dev.cria.train.recipe;

import dev.cria.base.yaml.YamlSection;
import dev.cria.train.recipe.Recipe.Validation;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** The {@code validation} section of a recipe: its keys, defaults and ranges, and how it is written back. */
final class ValidationReader {
    private ValidationReader() {}

    /** @param chat whether the recipe learns from conversations: then the best checkpoint is kept unless it says no */
    static Validation read(YamlSection section, boolean chat) {
        Optional<Integer> patience = section.integer("patience", 1, 1_000_000);
        long every = section.whole("every", 1000, 0, RecipeReader.MAXIMUM_STEPS);
        if (patience.isPresent() && every == 0) {
            throw section.refuse(
                    "patience", "waits for measurements, and every is 0", "say every how many steps to measure");
        }
        Validation validation = new Validation(
                every,
                section.whole("tokens", 1_000_000, 1, RecipeReader.MAXIMUM_TOKENS),
                patience,
                section.flag("keep_best", chat || patience.isPresent()));
        section.finish();
        return validation;
    }

    static void write(ObjectNode node, Validation validation) {
        node.put("every", validation.every()).put("tokens", validation.tokens());
        validation.patience().ifPresent(patience -> node.put("patience", patience));
        node.put("keep_best", validation.keepBest());
    }
}
