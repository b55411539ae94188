package dev.cria.cli.inspect;

import dev.cria.data.Manifest;
import dev.cria.data.TokenDataset;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Describes a prepared data set by its manifest. */
final class DatasetDescription {
    private DatasetDescription() {}

    static Description of(Path directory) {
        try (TokenDataset train = TokenDataset.open(directory, Manifest.TRAIN)) {
            Manifest manifest = train.manifest().orElseThrow();
            Map<String, Object> splits = new LinkedHashMap<>();
            new TreeMap<>(manifest.splits()).forEach((name, split) -> splits.put(name, split(split)));
            return new Description.Builder("dataset")
                    .add("splits", splits)
                    .add("separators", manifest.separators())
                    .add("vocabulary", manifest.tokenizer().vocabularySize())
                    .add("tokenizer_fingerprint", manifest.tokenizer().fingerprint())
                    .add("validation_fraction", manifest.split().validationFraction())
                    .add(
                            "sources",
                            manifest.sources().stream()
                                    .map(Manifest.Source::path)
                                    .toList())
                    .build();
        }
    }

    private static Map<String, Object> split(Manifest.Split split) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("documents", split.documents());
        figures.put("bytes", split.bytes());
        figures.put("tokens", split.tokens());
        figures.put("shards", split.shards().size());
        return figures;
    }
}
