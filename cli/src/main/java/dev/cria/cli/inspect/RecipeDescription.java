package dev.cria.cli.inspect;

import dev.cria.model.LlamaConfig;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Path;
import java.util.List;

/** Describes a recipe. */
final class RecipeDescription {
    private RecipeDescription() {}

    static Description of(Path file) {
        Recipe recipe = Recipe.read(file, List.of());
        return new Description.Builder("recipe")
                .add("preset", recipe.model().preset())
                .add(
                        "preset_parameters",
                        LlamaConfig.preset(recipe.model().preset()).parameters())
                .add(
                        "stages",
                        recipe.stages().stream()
                                .map(stage ->
                                        stage.name() + ": " + stage.length().amount()
                                                + (stage.length().inTokens() ? " tokens" : " steps"))
                                .toList())
                .add("recipe", recipe.toYaml())
                .build();
    }
}
