package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.data.Manifest;
import dev.cria.data.Mixture;
import dev.cria.data.PackedSamples;
import dev.cria.data.SampleSource;
import dev.cria.data.TokenDataset;
import dev.cria.data.ValidationWindows;
import dev.cria.train.TrainingPlan.DataUse;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The datasets of a recipe: a mixture for each stage, and one held-out set for the whole run. A stage goes on in each dataset where the
 * stages before it stopped, so that nothing is read twice before all of it was read once.
 */
final class TrainingData implements TrainingSource {
    /** What a dataset holds out, and its part of the validation set. */
    record Windows(ValidationWindows windows, double weight, double bytesPerToken) {}

    private final Map<String, TokenDataset> train = new LinkedHashMap<>();
    private final Map<String, TokenDataset> validation = new LinkedHashMap<>();
    private final List<Mixture> mixtures = new ArrayList<>();
    private final List<List<DataUse>> uses = new ArrayList<>();
    private final List<Windows> heldOut = new ArrayList<>();

    private TrainingData() {}

    /** Opens every dataset. @throws UserError if one is missing or damaged, or they were made with different tokenizers */
    static TrainingData open(Recipe recipe) {
        TrainingData data = new TrainingData();
        try {
            for (Recipe.Stage stage : recipe.stages()) {
                for (Recipe.Data source : stage.data()) {
                    if (!data.train.containsKey(source.path())) {
                        Path path = Path.of(source.path());
                        data.train.put(source.path(), TokenDataset.open(path, Manifest.TRAIN));
                        data.validation.put(source.path(), TokenDataset.open(path, Manifest.VALIDATION));
                    }
                }
            }
            data.tokenizerFingerprint();
            return data;
        } catch (RuntimeException e) {
            data.close();
            throw e;
        }
    }

    /** The tokenizer copy that the first dataset carries, if one does. */
    @Override
    public Optional<Path> tokenizerDirectory() {
        return train.keySet().stream()
                .map(path -> Path.of(path).resolve("tokenizer"))
                .filter(Files::isDirectory)
                .findFirst();
    }

    @Override
    public Optional<String> tokenizerFingerprint() {
        Optional<String> found = Optional.empty();
        String foundIn = "";
        for (Map.Entry<String, TokenDataset> each : train.entrySet()) {
            Optional<String> next = each.getValue().tokenizerFingerprint();
            if (found.isPresent() && next.isPresent() && !found.equals(next)) {
                throw new UserError(
                        each.getKey() + " and " + foundIn + " were prepared with different tokenizers",
                        "prepare both with the same one");
            }
            if (next.isPresent() && found.isEmpty()) {
                found = next;
                foundIn = each.getKey();
            }
        }
        return found;
    }

    /** Cuts the datasets into samples of T tokens and lays out the stages. */
    @Override
    public void arrange(Timeline timeline, long seed) {
        Map<String, Long> read = new HashMap<>();
        Map<String, Double> weights = new LinkedHashMap<>();
        for (Timeline.Stage stage : timeline.stages()) {
            List<Mixture.Part> parts = new ArrayList<>();
            for (Recipe.Data source : stage.recipe().data()) {
                PackedSamples samples = new PackedSamples(dataset(source.path()), timeline.sequenceLength(), seed);
                parts.add(new Mixture.Part(
                        source.path(), new Later(samples, read.getOrDefault(source.path(), 0L)), source.weight()));
                weights.putIfAbsent(source.path(), source.weight());
            }
            Mixture mixture = new Mixture(parts, seed);
            List<DataUse> stageUses = new ArrayList<>();
            for (Mixture.Progress progress : mixture.progress(stage.samples())) {
                long all = read.merge(progress.name(), progress.samples(), Long::sum);
                long epoch = dataset(progress.name()).tokens() / timeline.sequenceLength();
                stageUses.add(new DataUse(
                        progress.name(),
                        (double) progress.samples() / stage.samples(),
                        progress.samples(),
                        (double) all / Math.max(1, epoch)));
            }
            mixtures.add(mixture);
            uses.add(List.copyOf(stageUses));
        }
        weights.forEach((path, weight) -> hold(path, weight, timeline.sequenceLength()));
    }

    private void hold(String path, double weight, int sequenceLength) {
        TokenDataset dataset = validationSet(path);
        ValidationWindows windows = new ValidationWindows(dataset, sequenceLength);
        if (windows.samplesPerEpoch() > 0) {
            heldOut.add(new Windows(windows, weight, bytesPerToken(dataset)));
        }
    }

    /** UTF-8 bytes of text per token of a split; NaN where there is no manifest to say so. */
    private static double bytesPerToken(TokenDataset dataset) {
        return dataset.manifest()
                .map(manifest -> manifest.splits().get(dataset.split()))
                .map(split -> (double) split.bytes() / split.tokens())
                .orElse(Double.NaN);
    }

    private TokenDataset dataset(String path) {
        return Objects.requireNonNull(train.get(path));
    }

    private TokenDataset validationSet(String path) {
        return Objects.requireNonNull(validation.get(path));
    }

    /** Tokens of a dataset's training split. */
    long tokens(String path) {
        return dataset(path).tokens();
    }

    /** What the stage of this index reads. */
    SampleSource samples(int stage) {
        return mixtures.get(stage);
    }

    @Override
    public List<DataUse> uses(int stage) {
        return uses.get(stage);
    }

    @Override
    public String fingerprint(int stage) {
        return samples(stage).fingerprint();
    }

    @Override
    public List<MicroBatch> read(Timeline timeline, long step, int microBatch) {
        Timeline.Stage stage = timeline.stageAt(step);
        SampleSource source = samples(timeline.stages().indexOf(stage));
        long first = (step - stage.firstStep()) * stage.batchSequences();
        List<MicroBatch> batches = new ArrayList<>();
        for (int done = 0; done < stage.batchSequences(); done += microBatch) {
            int count = Math.min(microBatch, stage.batchSequences() - done);
            batches.add(
                    new MicroBatch.Tokens(BatchLoader.batch(source, first + done, count, timeline.sequenceLength())));
        }
        return batches;
    }

    @Override
    public Optional<HeldOut> heldOut(Timeline timeline, int microBatch, long tokens) {
        return heldOut.isEmpty()
                ? Optional.empty()
                : Optional.of(new HeldOutWindows(heldOut, microBatch, timeline.sequenceLength(), tokens));
    }

    @Override
    public void close() {
        train.values().forEach(TokenDataset::close);
        validation.values().forEach(TokenDataset::close);
    }

    /** A source from its sample {@code start} on. */
    private record Later(SampleSource source, long start) implements SampleSource {
        @Override
        public long samplesPerEpoch() {
            return source.samplesPerEpoch();
        }

        @Override
        public int sequenceLength() {
            return source.sequenceLength();
        }

        @Override
        public void read(long globalSampleIndex, int[] tokens, int offset) {
            source.read(start + globalSampleIndex, tokens, offset);
        }

        @Override
        public String fingerprint() {
            return source.fingerprint() + "+" + start;
        }
    }
}
