package dev.cria.train;

import dev.cria.data.IndexPermutation;
import dev.cria.data.chat.ChatEncoder;
import dev.cria.data.chat.Conversation;
import dev.cria.data.chat.EncodedPair;
import dev.cria.data.chat.PreferencePair;
import dev.cria.data.chat.PreferenceSet;
import dev.cria.data.chat.ReadingListener;
import dev.cria.model.LlamaModel;
import dev.cria.tensor.Device;
import dev.cria.train.TrainingPlan.DataUse;
import dev.cria.train.align.PreferenceSettings;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Preference pairs as a run's data. An update takes as many pairs as the recipe says, in an order that the epoch decides; the two answers of a
 * pair are in the same micro-batch, and a micro-batch has as many pairs as fit.
 */
final class PreferenceTrainingData implements TrainingSource {
    private final ChatMaterial material;
    private final PreferenceSettings settings;
    private final PreferenceSet train;
    private final PreferenceSet heldOut;
    private final ReferencedPairs pairs;
    private final Path model;
    private final long seed;
    private final List<DataUse> uses = new ArrayList<>();
    private @Nullable String modelFingerprint;

    private PreferenceTrainingData(Recipe recipe, ChatMaterial material, ReadingListener listener) {
        this.material = material;
        settings = recipe.align().orElseThrow();
        model = Path.of(recipe.model().from().orElseThrow());
        seed = recipe.training().seed();
        boolean own = !material.chat().validation().isEmpty();
        PreferenceSet.Split split = PreferenceSet.read(
                material.paths(),
                material.encoder(),
                material.options(),
                own ? 0 : material.chat().validationFraction(),
                listener);
        train = split.train();
        heldOut = own
                ? PreferenceSet.read(material.validationPaths(), material.encoder(), material.options())
                : split.heldOut();
        pairs = new ReferencedPairs(settings, train, heldOut);
    }

    /** Reads and encodes all pairs of a recipe. @throws dev.cria.base.UserError if one is to stop the run, or there are none */
    static PreferenceTrainingData open(Recipe recipe, ReadingListener listener) {
        return new PreferenceTrainingData(recipe, ChatMaterial.of(recipe), listener);
    }

    @Override
    public Optional<Path> tokenizerDirectory() {
        return Optional.of(material.tokenizerPath());
    }

    @Override
    public Optional<String> tokenizerFingerprint() {
        return Optional.of(material.tokenizer().fingerprint());
    }

    /** A pair is two sequences. */
    @Override
    public Sample sample(int sequenceLength) {
        return new Sample("pairs", (double) train.tokens() / train.pairs().size(), 2);
    }

    @Override
    public Recipe completed(Recipe recipe) {
        Optional<Integer> epochs = material.chat().epochs();
        long batch = recipe.stages().getFirst().batch().amount();
        return epochs.isEmpty()
                ? recipe
                : recipe.withSteps(Math.ceilDiv((long) train.pairs().size() * epochs.get(), batch));
    }

    @Override
    public List<String> notices() {
        String read = "preference pairs: %,d of %,d tokens to learn from, %,d tokens (%.0f %%) scored; %,d held out"
                .formatted(
                        train.pairs().size(),
                        train.tokens(),
                        train.scoredTokens(),
                        100.0 * train.scoredTokens() / train.tokens(),
                        heldOut.pairs().size());
        List<String> notices = new ArrayList<>(material.notices(
                read, train.notices(), material.chat().validation().isEmpty() ? List.of() : heldOut.notices()));
        notices.add("objective: " + settings.describe() + "; the starting model is asked about each pair once");
        return notices;
    }

    @Override
    public Map<String, String> identity(Device device) {
        return Map.of("align", settings.toString(), "align.reference", modelFingerprint(device));
    }

    private String modelFingerprint(Device device) {
        if (modelFingerprint == null) {
            try (LlamaModel starting = LlamaModel.load(model, device)) {
                modelFingerprint = starting.fingerprint();
            }
        }
        return modelFingerprint;
    }

    @Override
    public Optional<StartingModelTask> beforeStart(
            RunDirectory directory, Device device, String arithmetic, TrainListener listener) {
        return pairs.open(directory, Map.of("model", modelFingerprint(device), "arithmetic", arithmetic), listener);
    }

    @Override
    public void arrange(Timeline timeline, long seed) {
        long read = timeline.stages().getFirst().samples();
        uses.add(new DataUse(
                material.name(), 1, read, (double) read / train.pairs().size()));
    }

    @Override
    public String fingerprint(int stage) {
        return "pairs(" + train.fingerprint() + ",T=" + material.sequenceLength() + ")";
    }

    @Override
    public List<DataUse> uses(int stage) {
        return List.copyOf(uses);
    }

    @Override
    public List<MicroBatch> read(Timeline timeline, long step, int microBatch) {
        Timeline.Stage stage = timeline.stageAt(step);
        long first = (step - stage.firstStep()) * stage.batchSequences();
        int capacity = timeline.largestMicroBatch(microBatch) * timeline.sequenceLength();
        IntStream numbers =
                LongStream.range(first, first + stage.batchSequences()).mapToInt(this::number);
        return pairs.batches(numbers, capacity).toList();
    }

    /** The pair that is read as number {@code sample} of the run: each epoch has all of them once, in an order of its own. */
    private int number(long sample) {
        int count = train.pairs().size();
        return (int) new IndexPermutation(count, seed, sample / count).apply(sample % count);
    }

    @Override
    public Optional<HeldOut> heldOut(Timeline timeline, int microBatch, long tokens) {
        int count = 0;
        long sum = 0;
        for (EncodedPair pair : heldOut.pairs()) {
            sum += pair.tokens();
            if (sum > tokens && count > 0) {
                break;
            }
            count++;
        }
        int first = train.pairs().size();
        return count == 0
                ? Optional.empty()
                : Optional.of(new HeldOutPairs(pairs, first, first + count, microBatch * timeline.sequenceLength()));
    }

    private record HeldOutPairs(ReferencedPairs pairs, int first, int end, int capacity) implements HeldOut {
        @Override
        public double bytes() {
            return Double.NaN;
        }

        @Override
        public Iterator<MicroBatch> iterator() {
            return pairs.batches(IntStream.range(first, end), capacity).iterator();
        }
    }

    @Override
    public void writeTokenizerFiles(Path directory) throws IOException {
        material.template().save(directory);
    }

    @Override
    public List<FinetuningPreview.Example> preview(int count) {
        ChatEncoder encoder = material.encoder();
        List<FinetuningPreview.Example> examples = new ArrayList<>();
        for (PreferencePair pair : train.first().stream().limit(count).toList()) {
            String title = "pair " + (examples.size() / 2 + 1);
            int answer = pair.prompt().size();
            examples.add(new FinetuningPreview.Example(
                    title + ", chosen",
                    encoder.encode(pair.chosenConversation(), answer).orElseThrow()));
            examples.add(new FinetuningPreview.Example(
                    title + ", rejected",
                    encoder.encode(pair.rejectedConversation(), answer).orElseThrow()));
        }
        return examples;
    }

    /** Preferred conversations, held out where there are any. */
    @Override
    public List<Conversation> examples() {
        PreferenceSet from = heldOut.first().isEmpty() ? train : heldOut;
        return from.first().stream()
                .limit(material.chat().samples())
                .map(pair -> new Conversation(pair.chosenConversation(), pair.source()))
                .toList();
    }

    @Override
    public void close() {}
}
