package dev.cria.cli.inspect;

import dev.cria.base.JsonFiles;
import dev.cria.base.UserError;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tells a checkpoint that has only ever read text from one that learnt from conversations, by the recipe that it carries. */
public final class PretrainingCheckpoint {
    private static final String TRAINER = "trainer.json";
    private static final long MAXIMUM_BYTES = 16 << 20;

    private PretrainingCheckpoint() {}

    /** Whether {@code folder} is a checkpoint of a run without conversations; also where its recipe cannot be read any more. */
    public static boolean is(Path folder) {
        Path trainer = folder.resolve(TRAINER);
        if (!Files.exists(trainer)) {
            return false;
        }
        try {
            String recipe =
                    JsonFiles.readObject(trainer, MAXIMUM_BYTES).path("recipe").asString("");
            return Recipe.parse(recipe, trainer.toString(), List.of()).chat().isEmpty();
        } catch (UserError e) {
            return true;
        }
    }
}
