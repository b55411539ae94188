package dev.cria.train.recipe;

import dev.cria.base.yaml.YamlSection;
import dev.cria.data.chat.ConversationOptions.OnBad;
import dev.cria.data.chat.ConversationOptions.OnLong;
import dev.cria.train.recipe.Recipe.Chat;
import dev.cria.train.recipe.Recipe.TrainOn;
import java.util.Optional;

/** The {@code chat} section of a recipe: its keys, defaults and ranges. */
final class ChatReader {
    private ChatReader() {}

    /** @param pairs whether the data are pairs, of which only the answers are scored */
    static Chat read(YamlSection section, boolean pairs) {
        if (pairs && section.has("train_on")) {
            throw section.refuse("train_on", "cannot stand beside align", "of a pair the answers are scored");
        }
        Optional<Integer> epochs = section.integer("epochs", 1, 100_000);
        Chat chat = new Chat(
                section.text("template"),
                pairs ? TrainOn.ASSISTANT : section.choice("train_on", TrainOn.class, TrainOn.ASSISTANT),
                section.choice("on_bad", OnBad.class, OnBad.SKIP),
                section.choice("on_long", OnLong.class, OnLong.CUT),
                epochs,
                section.exactTexts("validation"),
                section.number("validation_fraction", 0.02, 0, 0.9),
                section.integer("samples", 2, 0, 100),
                section.number("neftune_alpha", 0, 0, 1000));
        section.finish();
        return chat;
    }
}
