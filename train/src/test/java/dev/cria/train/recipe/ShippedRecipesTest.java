package dev.cria.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ShippedRecipesTest {
    static Stream<Path> recipes() throws Exception {
        try (Stream<Path> files = Files.list(ReferenceData.repositoryRoot().resolve("recipes"))) {
            return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void isValidStatesItsCostAndWritesItself(Path file) throws Exception {
        Recipe recipe = Recipe.read(file, List.of());
        assertThat(Recipe.parse(recipe.toYaml(), "written", List.of())).isEqualTo(recipe);
        assertThat(Files.readString(file)).contains("Cost").contains("hours").contains("stimate");
    }
}
