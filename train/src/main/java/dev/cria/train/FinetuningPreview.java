package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.data.chat.ChatEncoder.Labelled;
import dev.cria.data.chat.ReadingListener;
import dev.cria.train.recipe.Recipe;
import java.util.List;

/**
 * What a recipe would learn from, before it does.
 *
 * @param examples the first ones
 * @param notices what was read, left out and cut, a sentence each
 */
public record FinetuningPreview(List<Example> examples, List<String> notices) {
    public FinetuningPreview {
        examples = List.copyOf(examples);
        notices = List.copyOf(notices);
    }

    /**
     * A conversation, or one of a pair.
     *
     * @param title what it is, and its number
     * @param text the conversation, with what is learnt or scored of it
     */
    public record Example(String title, Labelled text) {}

    /** Reads a recipe's conversations, or pairs. @throws UserError if it has none, or one of them is to stop the run */
    public static FinetuningPreview of(Recipe recipe, int count) {
        if (recipe.chat().isEmpty()) {
            throw new UserError(
                    "the recipe has no chat section, so it has no conversations", "see recipes/chat-sft.yaml");
        }
        try (TrainingSource data = TrainingSource.open(recipe, ReadingListener.NONE)) {
            return new FinetuningPreview(data.preview(count), data.notices());
        }
    }
}
