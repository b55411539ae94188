package dev.cria.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What {@link DatasetInspector} found.
 *
 * @param manifest empty for a directory of lit-gpt files
 * @param tokenizer whether a tokenizer was there to turn ids into text
 */
public record DatasetReport(Path directory, Optional<Manifest> manifest, boolean tokenizer, List<Split> splits) {
    public DatasetReport {
        splits = List.copyOf(splits);
    }

    /**
     * One split.
     *
     * @param name "train" or "validation"
     * @param documents 0 where the format knows none
     * @param bytesPerToken UTF-8 bytes of text for each token, separators counted; empty where unknown
     * @param verification what holding every byte against the checksums gave; empty where not asked for
     * @param previews the first documents as text; empty after a failed verification
     * @param countedTokens tokens that the histogram is over: all of them, or the first so many
     * @param distinctTokens different ids among them
     * @param mostFrequent the most frequent ids, the first most of all
     */
    public record Split(
            String name,
            long tokens,
            long documents,
            OptionalDouble bytesPerToken,
            List<Shard> shards,
            Optional<Verification> verification,
            List<Preview> previews,
            long countedTokens,
            int distinctTokens,
            List<TokenCount> mostFrequent) {
        public Split {
            shards = List.copyOf(shards);
            previews = List.copyOf(previews);
            mostFrequent = List.copyOf(mostFrequent);
        }
    }

    /**
     * One shard's header.
     *
     * @param format "cria 1" or "lit-gpt 1"
     * @param tokenWidth bytes a token
     */
    public record Shard(String file, String format, long bytes, int tokenWidth, long tokens, long documents) {}

    /** @param problem what is damaged; empty where all is well */
    public record Verification(boolean intact, String problem) {}

    /**
     * The beginning of a document.
     *
     * @param index number of the document in its split, from 0
     * @param tokens length of the whole document, separators included
     * @param text the beginning as text; ids where there is no tokenizer
     * @param cut whether the document goes on
     */
    public record Preview(long index, long tokens, String text, boolean cut) {}

    /**
     * @param piece the vocabulary's spelling; empty without a tokenizer
     * @param share of the counted tokens, 0 to 1
     */
    public record TokenCount(int id, String piece, long count, double share) {}
}
