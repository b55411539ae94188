package dev.cria.model.convert;

import dev.cria.model.adapter.AdapterPlan;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizers;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whose tokenizer and chat template a merged model gets. */
final class AdapterTexts {
    private AdapterTexts() {}

    /**
     * The base, with what lies beside an adapter: beside the one that the model's path is, if it is one; else beside the first whose chat template
     * stands in for the base's, which has none.
     */
    static ModelSource choose(ModelSource base, AdapterPlan plan) {
        for (int i = 0; i < plan.adapters().size(); i++) {
            Path directory = plan.adapters().get(i).directory();
            boolean asked = i == 0 && plan.own() || base.chatTemplate().isEmpty() && hasTemplate(directory);
            if (asked && hasTokenizer(directory)) {
                return base.withTextOf(directory);
            }
        }
        return base;
    }

    private static boolean hasTokenizer(Path directory) {
        return Files.exists(directory.resolve(Tokenizers.JSON_FILE))
                || Files.exists(directory.resolve(Tokenizers.MODEL_FILE));
    }

    private static boolean hasTemplate(Path directory) {
        return ChatTemplate.find(directory).isPresent();
    }
}
