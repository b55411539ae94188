package dev.cria.data;

import java.util.List;
import java.util.Map;

/**
 * What a prepared data set says about itself: {@code manifest.json}, written last, so that a directory without one is no data set. Holds
 * nothing that depends on the clock, the machine or the number of threads: equal input and options give equal bytes.
 *
 * @param format always {@value #FORMAT}
 * @param version of the format: {@value #VERSION}
 * @param createdBy the program that wrote it
 * @param tokenizer the tokenizer that made the ids
 * @param separators {@link Separators#label}
 * @param split how documents were given to train or validation
 * @param sources what was read, in order
 * @param cleaning what was left out or repaired while reading
 * @param splits by name: "train" and "validation"
 */
public record Manifest(
        String format,
        int version,
        String createdBy,
        TokenizerInfo tokenizer,
        String separators,
        SplitRule split,
        List<Source> sources,
        Cleaning cleaning,
        Map<String, Split> splits) {
    public static final String FORMAT = "cria-tokens";
    public static final int VERSION = 1;
    public static final String FILE = "manifest.json";
    public static final String TRAIN = "train";
    public static final String VALIDATION = "validation";

    public Manifest {
        sources = List.copyOf(sources);
        splits = Map.copyOf(splits);
    }

    /**
     * @param fingerprint SHA-256 in hex, {@link dev.cria.text.Tokenizer#fingerprint}
     * @param vocabularySize every id is below it
     * @param files copies of the tokenizer's files, in the data set's directory {@code tokenizer/}
     */
    public record TokenizerInfo(String fingerprint, int vocabularySize, int bosId, int eosId, List<String> files) {
        public TokenizerInfo {
            files = List.copyOf(files);
        }
    }

    /**
     * @param validationFraction share of documents held out, 0 to 1
     * @param seed key of the hash that chooses them
     */
    public record SplitRule(double validationFraction, long seed) {}

    /**
     * One input as it was named: a file, folder or stream.
     *
     * @param files files or archive entries read
     * @param documents documents kept
     * @param bytes UTF-8 bytes of their texts
     * @param tokens their tokens, separators included
     */
    public record Source(String path, long files, long documents, long bytes, long tokens) {}

    /**
     * Counts of what was left out or repaired.
     *
     * @param binaryFiles files skipped because they hold NUL bytes
     * @param damaged broken lines, entries or files skipped, which happens only when asked for
     * @param invalidUtf8 malformed byte sequences replaced by U+FFFD
     * @param emptyDocuments documents without text
     * @param tooShort documents under the least number of characters
     * @param tooLong documents over the greatest number of characters
     * @param duplicates documents equal to an earlier one, byte for byte
     * @param uncheckedForDuplicates documents kept without a place in the table of known documents, which was full
     */
    public record Cleaning(
            long binaryFiles,
            long damaged,
            long invalidUtf8,
            long emptyDocuments,
            long tooShort,
            long tooLong,
            long duplicates,
            long uncheckedForDuplicates) {}

    /**
     * @param documents documents in it
     * @param bytes UTF-8 bytes of their texts
     * @param tokens their tokens, separators included
     */
    public record Split(long documents, long bytes, long tokens, List<Shard> shards) {
        public Split {
            shards = List.copyOf(shards);
        }
    }

    /**
     * @param file name beside the manifest
     * @param bytes size of the file
     * @param tokens tokens in it
     * @param documents documents that begin in it
     * @param sha256 of the whole file, as {@code sha256sum} prints it
     */
    public record Shard(String file, long bytes, long tokens, long documents, String sha256) {}
}
