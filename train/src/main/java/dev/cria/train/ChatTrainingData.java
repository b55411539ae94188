package dev.cria.train;

import dev.cria.data.chat.ChatEncoder;
import dev.cria.data.chat.Conversation;
import dev.cria.data.chat.ConversationSet;
import dev.cria.data.chat.EncodedConversation;
import dev.cria.data.chat.PackedConversations;
import dev.cria.data.chat.ReadingListener;
import dev.cria.model.Batch;
import dev.cria.train.TrainingPlan.DataUse;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
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

    private final ChatMaterial material;
    private final Recipe.Chat chat;
    private final ConversationSet train;
    private final Optional<ConversationSet> validation;
    private final int sequenceLength;
    private @Nullable PackedConversations rows;
    private final List<DataUse> uses = new ArrayList<>();

    private ChatTrainingData(ChatMaterial material, ReadingListener listener) {
        this.material = material;
        chat = material.chat();
        sequenceLength = material.sequenceLength();
        boolean own = !chat.validation().isEmpty();
        ConversationSet.Split parts = ConversationSet.read(
                material.paths(),
                material.encoder(),
                material.options(),
                own ? 0 : chat.validationFraction(),
                listener);
        train = parts.train();
        validation = own
                ? Optional.of(ConversationSet.read(material.validationPaths(), material.encoder(), material.options()))
                : Optional.of(parts.heldOut())
                        .filter(held -> held.conversations().size() > 0);
    }

    /** Reads and encodes all conversations of a recipe. @throws dev.cria.base.UserError if one is to stop the run, or there are none */
    static ChatTrainingData open(Recipe recipe, ReadingListener listener) {
        return new ChatTrainingData(ChatMaterial.of(recipe), listener);
    }

    @Override
    public Optional<Path> tokenizerDirectory() {
        return Optional.of(material.tokenizerPath());
    }

    @Override
    public Optional<String> tokenizerFingerprint() {
        return Optional.of(material.tokenizer().fingerprint());
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
        String read = "conversations: %,d of %,d tokens to learn from, %,d tokens (%.0f %%) with a loss; %,d held out"
                .formatted(
                        train.conversations().size(),
                        train.tokens(),
                        train.trainedTokens(),
                        100.0 * train.trainedTokens() / train.tokens(),
                        validation.map(set -> set.conversations().size()).orElse(0));
        return material.notices(
                read,
                train.notices(),
                chat.validation().isEmpty()
                        ? List.of()
                        : validation.orElseThrow().notices());
    }

    @Override
    public void arrange(Timeline timeline, long seed) {
        long read = timeline.stages().getFirst().samples();
        long epoch = packed(seed).rows(1);
        uses.add(new DataUse(material.name(), 1, read, (double) read / epoch));
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
    public List<MicroBatch> read(Timeline timeline, long step, int microBatch) {
        Timeline.Stage stage = timeline.stageAt(step);
        long first = (step - stage.firstStep()) * stage.batchSequences();
        List<MicroBatch> batches = new ArrayList<>();
        for (int done = 0; done < stage.batchSequences(); done += microBatch) {
            int count = Math.min(microBatch, stage.batchSequences() - done);
            batches.add(batch(Objects.requireNonNull(rows), first + done, count));
        }
        return batches;
    }

    /** {@code count} rows from {@code first} on, without any padding. */
    private static MicroBatch batch(PackedConversations rows, long first, int count) {
        List<EncodedConversation> all = LongStream.range(first, first + count)
                .mapToObj(rows::row)
                .flatMap(List::stream)
                .toList();
        return new MicroBatch.Tokens(Batch.packed(
                all.stream().mapToInt(EncodedConversation::length).toArray(),
                all.stream()
                        .flatMapToInt(each -> IntStream.of(each.ids()).limit(each.length()))
                        .toArray(),
                all.stream()
                        .flatMapToInt(each -> IntStream.of(each.targets(Batch.IGNORED)))
                        .toArray()));
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
        public Iterator<MicroBatch> iterator() {
            return LongStream.iterate(0, first -> first < count, first -> first + microBatch)
                    .mapToObj(first -> batch(rows, first, (int) Math.min(microBatch, count - first)))
                    .iterator();
        }
    }

    /** The template: the checkpoint is to speak as it was taught. */
    @Override
    public void writeTokenizerFiles(Path directory) throws IOException {
        material.template().save(directory);
    }

    @Override
    public List<FinetuningPreview.Example> preview(int count) {
        ChatEncoder encoder = material.encoder();
        List<FinetuningPreview.Example> examples = new ArrayList<>();
        for (Conversation each : train.first().stream().limit(count).toList()) {
            examples.add(new FinetuningPreview.Example(
                    "conversation " + (examples.size() + 1),
                    encoder.encode(each.messages()).orElseThrow()));
        }
        return examples;
    }

    /** Held out, or where there are none, the first to learn from. */
    @Override
    public List<Conversation> examples() {
        return validation.orElse(train).first().stream().limit(chat.samples()).toList();
    }

    @Override
    public void close() {}
}
