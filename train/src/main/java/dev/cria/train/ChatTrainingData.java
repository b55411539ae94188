package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.data.chat.ChatEncoder;
import dev.cria.data.chat.Conversation;
import dev.cria.data.chat.ConversationOptions;
import dev.cria.data.chat.ConversationSet;
import dev.cria.data.chat.EncodedConversation;
import dev.cria.data.chat.EndOfTurn;
import dev.cria.data.chat.PackedConversations;
import dev.cria.model.Batch;
import dev.cria.model.LlamaConfig;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import dev.cria.train.TrainingPlan.DataUse;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Conversations as a run's data: rows of whole conversations, which do not see each other, and a loss on what the assistant says. */
final class ChatTrainingData implements TrainingSource {
    private static final long VALIDATION_SEED = 0;

    private final Recipe.Chat chat;
    private final Path tokenizerPath;
    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final ConversationSet train;
    private final Optional<ConversationSet> validation;
    private final int sequenceLength;
    private final String name;
    private @Nullable PackedConversations rows;
    private final List<DataUse> uses = new ArrayList<>();

    private ChatTrainingData(Recipe recipe, Recipe.Chat chat) {
        this.chat = chat;
        Path model = Path.of(recipe.model().from().orElseThrow());
        LlamaConfig config = LlamaConfig.read(model.resolve("config.json"));
        sequenceLength = recipe.training().sequenceLength() == 0
                ? config.maxPositionEmbeddings()
                : recipe.training().sequenceLength();
        tokenizerPath = recipe.tokenizer().map(Path::of).orElse(model);
        tokenizer = Tokenizers.load(tokenizerPath);
        template = template(chat, tokenizer, tokenizerPath);
        ChatEncoder encoder = new ChatEncoder(template, tokenizer, chat.trainOn() == Recipe.TrainOn.EVERYTHING);
        ConversationOptions options = new ConversationOptions(
                chat.trainOn() == Recipe.TrainOn.EVERYTHING, chat.onBad(), chat.onLong(), sequenceLength);
        List<String> paths = recipe.stages().getFirst().data().stream()
                .map(Recipe.Data::path)
                .toList();
        name = String.join(", ", paths);
        ConversationSet all = ConversationSet.read(paths.stream().map(Path::of).toList(), encoder, options);
        if (!chat.validation().isEmpty()) {
            train = all;
            validation = Optional.of(ConversationSet.read(
                    chat.validation().stream().map(Path::of).toList(), encoder, options));
        } else if (chat.validationFraction() > 0 && all.conversations().size() > 1) {
            List<ConversationSet> parts = all.split(chat.validationFraction());
            train = parts.getFirst();
            validation = Optional.of(parts.getLast());
        } else {
            train = all;
            validation = Optional.empty();
        }
    }

    /** Reads and encodes all conversations of a recipe. @throws UserError if one is to stop the run, or there are none */
    static ChatTrainingData open(Recipe recipe) {
        return new ChatTrainingData(recipe, recipe.chat().orElseThrow());
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

    @Override
    public Optional<Path> tokenizerDirectory() {
        return Optional.of(tokenizerPath);
    }

    @Override
    public Optional<String> tokenizerFingerprint() {
        return Optional.of(tokenizer.fingerprint());
    }

    @Override
    public Recipe completed(Recipe recipe) {
        Recipe.Stage stage = recipe.stages().getFirst();
        if (chat.epochs().isEmpty()) {
            return recipe;
        }
        long count = packed(recipe.training().seed()).rows(chat.epochs().get());
        long batch = stage.batch().inTokens()
                ? Math.max(1, Math.round((double) stage.batch().amount() / sequenceLength))
                : stage.batch().amount();
        return recipe.withSteps(Math.ceilDiv(count, batch));
    }

    private PackedConversations packed(long seed) {
        if (rows == null) {
            rows = new PackedConversations(train.conversations(), sequenceLength, seed);
        }
        return rows;
    }

    @Override
    public List<String> notices() {
        List<String> notices = new ArrayList<>();
        notices.add("conversations: %,d of %,d tokens to learn from, %,d tokens (%.0f %%) with a loss; %,d held out"
                .formatted(
                        train.conversations().size(),
                        train.tokens(),
                        train.trainedTokens(),
                        100.0 * train.trainedTokens() / train.tokens(),
                        validation.map(set -> set.conversations().size()).orElse(0)));
        EndOfTurn.of(template, tokenizer).flatMap(EndOfTurn::notice).ifPresent(notices::add);
        if (!train.notices().isEmpty()) {
            notices.add("left out or cut: " + String.join(", ", train.notices()));
        }
        if (!chat.validation().isEmpty() && !validation.orElseThrow().notices().isEmpty()) {
            notices.add("left out or cut of those held out: "
                    + String.join(", ", validation.orElseThrow().notices()));
        }
        return notices;
    }

    @Override
    public void arrange(Timeline timeline, long seed) {
        long read = timeline.stages().getFirst().samples();
        long epoch = packed(seed).rows(1);
        uses.add(new DataUse(name, 1, read, (double) read / epoch));
    }

    @Override
    public String fingerprint(int stage) {
        return "conversations(" + train.fingerprint() + ",T=" + sequenceLength + ")";
    }

    @Override
    public List<DataUse> uses(int stage) {
        return List.copyOf(uses);
    }

    @Override
    public List<Batch> read(Timeline timeline, long step, int microBatch) {
        Timeline.Stage stage = timeline.stageAt(step);
        long first = (step - stage.firstStep()) * stage.batchSequences();
        List<Batch> batches = new ArrayList<>();
        for (int done = 0; done < stage.batchSequences(); done += microBatch) {
            int count = Math.min(microBatch, stage.batchSequences() - done);
            batches.add(batch(Objects.requireNonNull(rows), first + done, count));
        }
        return batches;
    }

    /** {@code count} rows from {@code first} on, without any padding. */
    private static Batch batch(PackedConversations rows, long first, int count) {
        List<EncodedConversation> all = LongStream.range(first, first + count)
                .mapToObj(rows::row)
                .flatMap(List::stream)
                .toList();
        return Batch.packed(
                all.stream().mapToInt(EncodedConversation::length).toArray(),
                all.stream()
                        .flatMapToInt(each -> IntStream.of(each.ids()).limit(each.length()))
                        .toArray(),
                all.stream()
                        .flatMapToInt(each -> IntStream.of(each.targets(Batch.IGNORED)))
                        .toArray());
    }

    @Override
    public Optional<HeldOut> heldOut(Timeline timeline, int microBatch, long tokens) {
        return validation.map(set -> {
            PackedConversations packed = new PackedConversations(set.conversations(), sequenceLength, VALIDATION_SEED);
            long count = Math.min(packed.rows(1), Math.max(1, tokens / sequenceLength));
            return new HeldOutRows(packed, count, microBatch);
        });
    }

    private record HeldOutRows(PackedConversations rows, long count, int microBatch) implements HeldOut {
        @Override
        public double bytes() {
            return Double.NaN;
        }

        @Override
        public Iterator<Batch> iterator() {
            return LongStream.iterate(0, first -> first < count, first -> first + microBatch)
                    .mapToObj(first -> batch(rows, first, (int) Math.min(microBatch, count - first)))
                    .iterator();
        }
    }

    /** The template: the checkpoint is to speak as it was taught. */
    @Override
    public void writeTokenizerFiles(Path directory) throws IOException {
        template.save(directory);
    }

    /** The first conversations to learn from, with what is learnt of each. */
    List<ChatEncoder.Labelled> preview(int count) {
        ChatEncoder encoder = new ChatEncoder(template, tokenizer, chat.trainOn() == Recipe.TrainOn.EVERYTHING);
        return train.messages().stream()
                .limit(count)
                .map(each -> encoder.encode(each.messages()).orElseThrow())
                .toList();
    }

    /** Held out, or where there are none, the first to learn from. */
    @Override
    public List<Conversation> examples() {
        return validation.orElse(train).messages().stream()
                .limit(chat.samples())
                .toList();
    }

    @Override
    public void close() {}
}
