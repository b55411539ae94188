package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.data.chat.ChatEncoder;
import dev.cria.data.chat.ConversationOptions;
import dev.cria.data.chat.EndOfTurn;
import dev.cria.model.LlamaConfig;
import dev.cria.model.ModelConfiguration;
import dev.cria.model.adapter.Adapter;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What recipes for conversations and for pairs of them have in common: the files, and how they become ids.
 *
 * @param chat what the recipe says
 * @param sequenceLength T: most tokens of a conversation
 * @param paths files or folders to learn from
 */
record ChatMaterial(
        Recipe.Chat chat,
        int sequenceLength,
        List<Path> paths,
        Path tokenizerPath,
        Tokenizer tokenizer,
        ChatTemplate template) {
    /** Opens tokenizer and template. @throws UserError if there are none */
    static ChatMaterial of(Recipe recipe) {
        Recipe.Chat chat = recipe.chat().orElseThrow();
        Path model = Path.of(recipe.model().from().orElseThrow());
        if (Adapter.isAdapter(model)) {
            throw new UserError(
                    model + " is an adapter, and training starts from a whole model",
                    "merge it first: cria convert --model " + model + " --output merged --format hf --dtype f32");
        }
        LlamaConfig config = ModelConfiguration.read(model);
        int sequenceLength = recipe.training().sequenceLength() == 0
                ? config.maxPositionEmbeddings()
                : recipe.training().sequenceLength();
        if (recipe.tokenizer().isEmpty() && ModelConfiguration.isGguf(model)) {
            throw new UserError(
                    model + ": a checkpoint needs tokenizer files, and a GGUF file has none",
                    "name the folder of the model's tokenizer: --set tokenizer=DIR");
        }
        Path tokenizerPath = recipe.tokenizer().map(Path::of).orElse(model);
        Tokenizer tokenizer = Tokenizers.load(tokenizerPath);
        List<Path> paths = recipe.stages().getFirst().data().stream()
                .map(Recipe.Data::path)
                .map(Path::of)
                .toList();
        ChatTemplate template = template(chat, tokenizer, tokenizerPath);
        return new ChatMaterial(chat, sequenceLength, paths, tokenizerPath, tokenizer, template);
    }

    private static ChatTemplate template(Recipe.Chat chat, Tokenizer tokenizer, Path path) {
        if (chat.template().isEmpty()) {
            return ChatTemplate.find(Files.isDirectory(path) ? path : path.resolveSibling(""))
                    .orElseThrow(() -> new UserError(
                            path + ": the tokenizer has no chat template",
                            "choose one: --set chat.template=zephyr, TinyLlama-Chat's; it is saved with the model"));
        }
        String wanted = chat.template().get();
        Optional<ChatTemplate> known = ChatTemplate.named(wanted, tokenizer);
        if (known.isPresent()) {
            return known.get();
        }
        try {
            return ChatTemplate.of(
                    Files.readString(Path.of(wanted)),
                    tokenizer.piece(tokenizer.bosId()),
                    tokenizer.piece(tokenizer.eosId()));
        } catch (IOException e) {
            throw new UserError(
                    "chat.template: there is no template '" + wanted + "'",
                    "give zephyr, chatml, or a file that holds one in Jinja",
                    e);
        }
    }

    private boolean everything() {
        return chat.trainOn() == Recipe.TrainOn.EVERYTHING;
    }

    ChatEncoder encoder() {
        return new ChatEncoder(template, tokenizer, everything());
    }

    ConversationOptions options() {
        return new ConversationOptions(everything(), chat.onBad(), chat.onLong(), sequenceLength);
    }

    /** Files of their own to measure on, if the recipe names any. */
    List<Path> validationPaths() {
        return chat.validation().stream().map(Path::of).toList();
    }

    /** The paths, for people. */
    String name() {
        return String.join(", ", paths.stream().map(Path::toString).toList());
    }

    /** What was read, about the template, and what was left out of it, a sentence each. */
    List<String> notices(String read, List<String> leftOut, List<String> leftOutOfHeldOut) {
        List<String> notices = new ArrayList<>();
        notices.add(read);
        EndOfTurn.of(template, tokenizer).flatMap(EndOfTurn::notice).ifPresent(notices::add);
        if (!leftOut.isEmpty()) {
            notices.add("left out or cut: " + String.join(", ", leftOut));
        }
        if (!leftOutOfHeldOut.isEmpty()) {
            notices.add("left out or cut of those held out: " + String.join(", ", leftOutOfHeldOut));
        }
        return notices;
    }
}
