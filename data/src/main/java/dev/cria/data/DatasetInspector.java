package dev.cria.data;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Looks into a data set: what its files say, whether they are whole, and what it is as text again. Prints nothing itself. */
public final class DatasetInspector {
    private static final int CHUNK = 1 << 16;
    /** Ids counted one by one; larger vocabularies do not exist. */
    private static final int MAXIMUM_VOCABULARY = 1 << 24;

    private final InspectOptions options;
    private final Optional<Tokenizer> tokenizer;

    private DatasetInspector(InspectOptions options, Optional<Tokenizer> tokenizer) {
        this.options = options;
        this.tokenizer = tokenizer;
    }

    /**
     * Inspects the data set in a directory with the tokenizer that lies beside it, if one does.
     *
     * @throws UserError when there is no data set, or one that cannot even be opened
     */
    public static DatasetReport inspect(Path directory, InspectOptions options) {
        Path beside = directory.resolve(OutputDirectory.TOKENIZER);
        boolean present = Files.isDirectory(beside);
        return inspect(directory, options, present ? Optional.of(Tokenizers.load(beside)) : Optional.empty());
    }

    /** Inspects with a tokenizer of the caller's choice, which must be the one that made the data set. */
    public static DatasetReport inspect(Path directory, InspectOptions options, Optional<Tokenizer> tokenizer) {
        DatasetInspector inspector = new DatasetInspector(options, tokenizer);
        Optional<Manifest> manifest = Optional.empty();
        List<DatasetReport.Split> splits = new ArrayList<>();
        for (String split : List.of(Manifest.TRAIN, Manifest.VALIDATION)) {
            try (TokenDataset dataset = TokenDataset.open(directory, split)) {
                manifest = dataset.manifest();
                inspector.requireSameTokenizer(directory, dataset);
                splits.add(inspector.split(dataset));
            }
        }
        return new DatasetReport(directory, manifest, tokenizer.isPresent(), splits);
    }

    private void requireSameTokenizer(Path directory, TokenDataset dataset) {
        Optional<String> made = dataset.tokenizerFingerprint();
        if (tokenizer.isPresent()
                && made.isPresent()
                && !made.get().equals(tokenizer.get().fingerprint())) {
            throw new UserError(
                    directory + " was made with another tokenizer: the fingerprints differ",
                    "name the tokenizer that made it, or prepare the data again");
        }
    }

    private DatasetReport.Split split(TokenDataset dataset) {
        Optional<DatasetReport.Verification> verification =
                options.verify() ? Optional.of(verify(dataset)) : Optional.empty();
        boolean readable = verification.map(DatasetReport.Verification::intact).orElse(true);
        long counted = readable ? Math.min(options.countTokens(), dataset.tokens()) : 0;
        long[] counts = count(dataset, counted);
        OptionalDouble bytesPerToken = dataset.manifest()
                .flatMap(manifest -> Optional.ofNullable(manifest.splits().get(dataset.split())))
                .filter(split -> split.tokens() > 0)
                .map(split -> OptionalDouble.of((double) split.bytes() / split.tokens()))
                .orElse(OptionalDouble.empty());
        return new DatasetReport.Split(
                dataset.split(),
                dataset.tokens(),
                dataset.documents(),
                bytesPerToken,
                dataset.shards().stream().map(TokenShard::describe).toList(),
                verification,
                readable ? previews(dataset) : List.of(),
                counted,
                (int) Arrays.stream(counts).filter(count -> count > 0).count(),
                mostFrequent(counts, counted));
    }

    private static DatasetReport.Verification verify(TokenDataset dataset) {
        try {
            dataset.verify();
            return new DatasetReport.Verification(true, "");
        } catch (MalformedFileException e) {
            return new DatasetReport.Verification(false, e.what());
        }
    }

    private List<DatasetReport.Preview> previews(TokenDataset dataset) {
        List<DatasetReport.Preview> previews = new ArrayList<>();
        if (dataset.documents() == 0 && dataset.tokens() > 0 && options.documents() > 0) {
            return List.of(preview(dataset, 0, 0, dataset.tokens()));
        }
        for (long d = 0; d < Math.min(options.documents(), dataset.documents()); d++) {
            previews.add(preview(dataset, d, dataset.documentStart(d), dataset.documentEnd(d)));
        }
        return previews;
    }

    private DatasetReport.Preview preview(TokenDataset dataset, long index, long start, long end) {
        int[] ids = new int[(int) Math.min(options.previewTokens(), end - start)];
        dataset.read(start, ids, 0, ids.length);
        String text = tokenizer
                .map(present -> present.decode(ids))
                .orElseGet(() -> Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(" ")));
        return new DatasetReport.Preview(index, end - start, text, ids.length < end - start);
    }

    private static long[] count(TokenDataset dataset, long tokens) {
        long[] counts = new long[1 << 16];
        int[] chunk = new int[(int) Math.min(CHUNK, tokens)];
        for (long at = 0; at < tokens; at += chunk.length) {
            int n = (int) Math.min(chunk.length, tokens - at);
            dataset.read(at, chunk, 0, n);
            for (int i = 0; i < n; i++) {
                int id = chunk[i];
                if (id >= counts.length) {
                    if (id >= MAXIMUM_VOCABULARY) {
                        throw new UserError(
                                "the data holds the id " + id + ", which no tokenizer has",
                                "is it really a data set of tokens?");
                    }
                    counts = Arrays.copyOf(counts, Math.max(id + 1, Math.min(MAXIMUM_VOCABULARY, counts.length * 2)));
                }
                counts[id]++;
            }
        }
        return counts;
    }

    private List<DatasetReport.TokenCount> mostFrequent(long[] counts, long counted) {
        return IntStream.range(0, counts.length)
                .filter(id -> counts[id] > 0)
                .boxed()
                .sorted(Comparator.comparingLong((Integer id) -> -counts[id]))
                .limit(options.topTokens())
                .map(id -> new DatasetReport.TokenCount(
                        id,
                        tokenizer
                                .filter(t -> id < t.vocabularySize())
                                .map(t -> t.piece(id))
                                .orElse(""),
                        counts[id],
                        (double) counts[id] / counted))
                .toList();
    }
}
