package dev.cria.train;

import dev.cria.data.chat.Conversation;
import dev.cria.data.chat.ReadingListener;
import dev.cria.tensor.Device;
import dev.cria.train.TrainingPlan.DataUse;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a run learns from: prepared tokens, conversations, or pairs of them. What a step reads is a pure function of (recipe, seed, step). */
interface TrainingSource extends AutoCloseable {
    /** Opens what a recipe names; the listener is told while a large set is read. @throws dev.cria.base.UserError if something is missing or damaged */
    static TrainingSource open(Recipe recipe, ReadingListener listener) {
        if (recipe.align().isPresent()) {
            return PreferenceTrainingData.open(recipe, listener);
        }
        return recipe.chat().isPresent() ? ChatTrainingData.open(recipe, listener) : TrainingData.open(recipe);
    }

    /** The tokenizer that belongs to the data, if there is one. */
    Optional<Path> tokenizerDirectory();

    /** Fingerprint of the tokenizer that made the ids; empty where it is not known. */
    Optional<String> tokenizerFingerprint();

    /** The recipe with what only the data can say: how many steps its epochs are. */
    default Recipe completed(Recipe recipe) {
        return recipe;
    }

    /** What the user should know before the first step, a sentence each. */
    default List<String> notices() {
        return List.of();
    }

    /** The first conversations, or pairs of them, with what is learnt of each. */
    default List<FinetuningPreview.Example> preview(int count) {
        return List.of();
    }

    /** Conversations whose answers show what was learnt; none where there are no conversations. */
    default List<Conversation> examples() {
        return List.of();
    }

    /** What a batch counts. */
    default Sample sample(int sequenceLength) {
        return Sample.sequence(sequenceLength);
    }

    /** What decides the steps beyond recipe, tokenizer and samples, by name. */
    default Map<String, String> identity(Device device) {
        return Map.of();
    }

    /**
     * What must be asked of the starting model before anything is learnt; empty where there is nothing, or it is known.
     *
     * @param arithmetic what the starting model's answers depend on beside its files
     * @param listener hears what is known already
     */
    default Optional<StartingModelTask> beforeStart(
            RunDirectory directory, Device device, String arithmetic, TrainListener listener) {
        return Optional.empty();
    }

    /** Lays out the stages. */
    void arrange(Timeline timeline, long seed);

    /** What decides the samples of the stage of this index. */
    String fingerprint(int stage);

    /** How much of each dataset the stage of this index reads. */
    List<DataUse> uses(int stage);

    /** The micro-batches of a step, from 1. */
    List<MicroBatch> read(Timeline timeline, long step, int microBatch);

    /** What is held out for validation; empty where there is nothing. Always the same batches. */
    Optional<HeldOut> heldOut(Timeline timeline, int microBatch, long tokens);

    /** Adds to a checkpoint what the tokenizer's own files lack. */
    default void writeTokenizerFiles(Path directory) throws IOException {}

    @Override
    void close();

    /** Batches to measure on; they are read anew each time, so that a large set takes no memory. */
    interface HeldOut extends Iterable<MicroBatch> {
        /** Bytes of the text that they are; NaN where that is not known. */
        double bytes();
    }
}
