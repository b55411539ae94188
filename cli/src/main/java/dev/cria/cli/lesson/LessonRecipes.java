package dev.cria.cli.lesson;

import dev.cria.base.DurableFiles;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The lesson's recipes: those of the recipes folder, with the paths of this quickstart; written beside the data, to be run again or changed. */
final class LessonRecipes {
    private static final String FOLDER = "/dev/cria/cli/recipes/";

    /** How the recipes of the recipes folder begin their paths. */
    private static final String OUTPUT = "'cria-quickstart";

    private LessonRecipes() {}

    /** Writes a recipe, such as {@code quickstart-sft.yaml}, for the quickstart in {@code output}. */
    static Path write(String name, Path output, Path folder) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = LessonRecipes.class.getResourceAsStream(FOLDER + name)) {
            if (in == null) {
                throw new IllegalStateException(FOLDER + name + " is not in the jar");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            DurableFiles.write(
                    file, text.replace(OUTPUT, "'" + output.toString().replace("'", "''")));
        }
        return file;
    }

    /** Reads a recipe that {@link #write} wrote; {@code model} is the folder of the model that it starts from. */
    static Recipe read(Path file, Path model, List<String> settings) {
        List<String> all = new java.util.ArrayList<>(settings);
        all.add("model.from=\"" + model.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
        return Recipe.read(file, all);
    }
}
