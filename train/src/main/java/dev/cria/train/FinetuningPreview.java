package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.data.chat.ChatEncoder;
import dev.cria.train.recipe.Recipe;
import java.util.List;

/**
 * What a recipe would learn from, before it does.
 *
 * @param conversations the first ones, with what is learnt of each
 * @param notices what was read, left out and cut, a sentence each
 */
public record FinetuningPreview(List<ChatEncoder.Labelled> conversations, List<String> notices) {
    public FinetuningPreview {
        conversations = List.copyOf(conversations);
        notices = List.copyOf(notices);
    }

    /** Reads a recipe's conversations. @throws UserError if it has none, or one of them is to stop the run */
    public static FinetuningPreview of(Recipe recipe, int count) {
        if (recipe.chat().isEmpty()) {
            throw new UserError(
                    "the recipe has no chat section, so it has no conversations", "see recipes/chat-sft.yaml");
        }
        try (ChatTrainingData data = ChatTrainingData.open(recipe)) {
            return new FinetuningPreview(data.preview(count), data.notices());
        }
    }
}
