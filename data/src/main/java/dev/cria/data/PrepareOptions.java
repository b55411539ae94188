package dev.cria.data;

import dev.cria.base.UserError;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@link DataPreparation} is to do.
 *
 * @param inputs files, folders, archives, pipes; {@code -} is the standard input
 * @param read how they are read
 * @param tokenizer directory or file of the tokenizer
 * @param output directory of the data set
 * @param overwrite whether a data set that is there already is replaced
 * @param separators control tokens around documents
 * @param validationFraction share of documents held out, 0 (none) to below 1
 * @param splitSeed key of the hash that chooses them: a document's side depends on its text and this alone
 * @param deduplicate whether documents equal to an earlier one, byte for byte, are left out
 * @param maximumKnownDocuments documents remembered for that; 21 to 43 bytes of memory each. Later ones are only held against these
 * @param shardTokens tokens in a full shard
 * @param threads workers that tokenise; does not change the result
 */
public record PrepareOptions(
        List<Path> inputs,
        ReadOptions read,
        Path tokenizer,
        Path output,
        boolean overwrite,
        Separators separators,
        double validationFraction,
        long splitSeed,
        boolean deduplicate,
        long maximumKnownDocuments,
        long shardTokens,
        int threads) {
    public static final double DEFAULT_VALIDATION_FRACTION = 0.01;
    public static final long DEFAULT_SPLIT_SEED = 1;
    public static final long DEFAULT_KNOWN_DOCUMENTS = 10_000_000;

    public PrepareOptions {
        inputs = List.copyOf(inputs);
        if (!(validationFraction >= 0 && validationFraction < 1)) {
            throw new UserError(
                    "a validation fraction of " + validationFraction, "choose from 0 to below 1, such as 0.01");
        }
        if (shardTokens < 1 || shardTokens > 1L << 33) {
            throw new UserError("shards of " + shardTokens + " tokens", "choose from 1 to " + (1L << 33));
        }
        if (threads < 1 || threads > 1024) {
            throw new UserError("a preparation with " + threads + " threads", "choose from 1 to 1024");
        }
        if (maximumKnownDocuments < 0) {
            throw new UserError("a memory of " + maximumKnownDocuments + " known documents", "choose 0 or more");
        }
    }

    /** The defaults: both separators, 1 % validation, duplicates left out, all processors. */
    public static PrepareOptions of(List<Path> inputs, Path tokenizer, Path output) {
        return new PrepareOptions(
                inputs,
                ReadOptions.defaults(),
                tokenizer,
                output,
                false,
                Separators.BOTH,
                DEFAULT_VALIDATION_FRACTION,
                DEFAULT_SPLIT_SEED,
                true,
                DEFAULT_KNOWN_DOCUMENTS,
                ShardWriter.DEFAULT_SHARD_TOKENS,
                Runtime.getRuntime().availableProcessors());
    }

    public PrepareOptions withRead(ReadOptions other) {
        return new PrepareOptions(
                inputs,
                other,
                tokenizer,
                output,
                overwrite,
                separators,
                validationFraction,
                splitSeed,
                deduplicate,
                maximumKnownDocuments,
                shardTokens,
                threads);
    }

    public PrepareOptions withOverwrite(boolean other) {
        return new PrepareOptions(
                inputs,
                read,
                tokenizer,
                output,
                other,
                separators,
                validationFraction,
                splitSeed,
                deduplicate,
                maximumKnownDocuments,
                shardTokens,
                threads);
    }

    public PrepareOptions withSeparators(Separators other) {
        return new PrepareOptions(
                inputs,
                read,
                tokenizer,
                output,
                overwrite,
                other,
                validationFraction,
                splitSeed,
                deduplicate,
                maximumKnownDocuments,
                shardTokens,
                threads);
    }

    public PrepareOptions withValidation(double fraction, long seed) {
        return new PrepareOptions(
                inputs,
                read,
                tokenizer,
                output,
                overwrite,
                separators,
                fraction,
                seed,
                deduplicate,
                maximumKnownDocuments,
                shardTokens,
                threads);
    }

    public PrepareOptions withDeduplication(boolean enabled, long knownDocuments) {
        return new PrepareOptions(
                inputs,
                read,
                tokenizer,
                output,
                overwrite,
                separators,
                validationFraction,
                splitSeed,
                enabled,
                knownDocuments,
                shardTokens,
                threads);
    }

    public PrepareOptions withShardTokens(long other) {
        return new PrepareOptions(
                inputs,
                read,
                tokenizer,
                output,
                overwrite,
                separators,
                validationFraction,
                splitSeed,
                deduplicate,
                maximumKnownDocuments,
                other,
                threads);
    }

    public PrepareOptions withThreads(int other) {
        return new PrepareOptions(
                inputs,
                read,
                tokenizer,
                output,
                overwrite,
                separators,
                validationFraction,
                splitSeed,
                deduplicate,
                maximumKnownDocuments,
                shardTokens,
                other);
    }
}
