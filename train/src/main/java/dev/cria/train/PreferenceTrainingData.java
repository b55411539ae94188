package dev.cria.train;

import dev.cria.base.MalformedFileException;
import dev.cria.data.IndexPermutation;
import dev.cria.data.chat.ChatEncoder;
import dev.cria.data.chat.Conversation;
import dev.cria.data.chat.EncodedPair;
import dev.cria.data.chat.PreferencePair;
import dev.cria.data.chat.PreferenceSet;
import dev.cria.model.LlamaModel;
import dev.cria.tensor.Device;
import dev.cria.train.TrainingPlan.DataUse;
import dev.cria.train.align.PairBatch;
import dev.cria.train.align.PairPacking;
import dev.cria.train.align.PreferenceSettings;
import dev.cria.train.align.ReferenceLogProbs;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
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
    private final Path model;
    private final long seed;
    private final List<DataUse> uses = new ArrayList<>();
    private @Nullable String modelFingerprint;
    private @Nullable ReferenceLogProbs reference;

    private PreferenceTrainingData(Recipe recipe, ChatMaterial material) {
        this.material = material;
        settings = recipe.align().orElseThrow();
        model = Path.of(recipe.model().from().orElseThrow());
        seed = recipe.training().seed();
        boolean own = !material.chat().validation().isEmpty();
        PreferenceSet.Split split = PreferenceSet.read(
                material.paths(),
                material.encoder(),
                material.options(),
                own ? 0 : material.chat().validationFraction());
        train = split.train();
        heldOut = own
                ? PreferenceSet.read(material.validationPaths(), material.encoder(), material.options())
                : split.heldOut();
    }

    /** Reads and encodes all pairs of a recipe. @throws dev.cria.base.UserError if one is to stop the run, or there are none */
    static PreferenceTrainingData open(Recipe recipe) {
        return new PreferenceTrainingData(recipe, ChatMaterial.of(recipe));
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
        List<String> notices = new ArrayList<>(material.notices(read, train.notices(), heldOut.notices()));
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
        Map<String, String> made = new TreeMap<>();
        made.put("model", modelFingerprint(device));
        made.put("arithmetic", arithmetic);
        made.put("pairs", train.fingerprint());
        made.put("held_out", heldOut.fingerprint());
        List<EncodedPair> all =
                Stream.concat(train.pairs().stream(), heldOut.pairs().stream()).toList();
        ReferenceLogProbs asked;
        try {
            asked = new ReferenceLogProbs(directory.reference(), made, all);
        } catch (MalformedFileException e) {
            listener.onWarning(e.getMessage() + ": the starting model is asked again");
            directory.deleteReference();
            asked = new ReferenceLogProbs(directory.reference(), made, all);
        }
        reference = asked;
        if (asked.isComplete()) {
            listener.onNotice("reference: what the starting model thinks of the %,d pairs is known from %s"
                    .formatted(all.size(), directory.reference()));
            return Optional.empty();
        }
        ReferenceLogProbs open = asked;
        return Optional.of((start, capacity, told, stop) -> open.complete(start, capacity, told::onReference, stop));
    }

    private ReferenceLogProbs reference() {
        if (reference == null) {
            throw new IllegalStateException("the starting model was not asked");
        }
        return reference;
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
        List<Numbered> pairs = new ArrayList<>();
        for (long i = first; i < first + stage.batchSequences(); i++) {
            pairs.add(numbered(i));
        }
        int capacity = timeline.largestMicroBatch(microBatch) * timeline.sequenceLength();
        return batches(pairs, capacity).toList();
    }

    /** A pair and its place among all, which the reference knows it by. */
    private record Numbered(EncodedPair pair, int index) {}

    /** The pair that is read as number {@code sample} of the run: each epoch has all of them once, in an order of its own. */
    private Numbered numbered(long sample) {
        int count = train.pairs().size();
        int index = (int) new IndexPermutation(count, seed, sample / count).apply(sample % count);
        return new Numbered(train.pairs().get(index), index);
    }

    private Stream<MicroBatch> batches(List<Numbered> pairs, int capacity) {
        List<List<Numbered>> stretches =
                PairPacking.cut(pairs, each -> each.pair().tokens(), capacity);
        return stretches.stream().map(stretch -> {
            double[] known = stretch.stream()
                    .flatMapToDouble(each -> Arrays.stream(reference().of(each.index())))
                    .toArray();
            return new PairMicroBatch(
                    PairBatch.of(stretch.stream().map(Numbered::pair).toList()), known, settings);
        });
    }

    @Override
    public Optional<HeldOut> heldOut(Timeline timeline, int microBatch, long tokens) {
        int first = train.pairs().size();
        List<Numbered> pairs = new ArrayList<>();
        long sum = 0;
        for (EncodedPair pair : heldOut.pairs()) {
            sum += pair.tokens();
            if (sum > tokens && !pairs.isEmpty()) {
                break;
            }
            pairs.add(new Numbered(pair, first + pairs.size()));
        }
        return pairs.isEmpty()
                ? Optional.empty()
                : Optional.of(new HeldOutPairs(pairs, microBatch * timeline.sequenceLength()));
    }

    private final class HeldOutPairs implements HeldOut {
        private final List<Numbered> pairs;
        private final int capacity;

        HeldOutPairs(List<Numbered> pairs, int capacity) {
            this.pairs = pairs;
            this.capacity = capacity;
        }

        @Override
        public double bytes() {
            return Double.NaN;
        }

        @Override
        public Iterator<MicroBatch> iterator() {
            return batches(pairs, capacity).iterator();
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
