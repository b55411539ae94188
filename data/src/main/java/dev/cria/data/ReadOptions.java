package dev.cria.data;

import dev.cria.base.UserError;
import java.util.List;

/**
 * How inputs are read.
 *
 * @param format of inputs; {@link InputFormat#AUTO} goes by their names, and takes a stream without a telling name for text
 * @param textField field of a JSON line, or column of a Parquet file, that holds the text
 * @param include globs: of the files in folders and of archive entries only those are read that match one; empty means all. They are
 *     held against the path within the folder or archive, with {@code /}; a leading {@code **}{@code /} also matches no folder at all
 * @param exclude globs: what matches one is left out
 * @param minimumCharacters shorter documents are left out and counted
 * @param maximumCharacters longer documents are left out and counted
 * @param maximumDocumentBytes a longer text file is cut, behind a line feed where there is one, into documents of at most this many bytes:
 *     this bounds memory, and lets one huge file have a validation part
 * @param skipDamaged whether damaged lines, entries and rests of files are skipped and counted; else the first is an error
 */
public record ReadOptions(
        InputFormat format,
        String textField,
        List<String> include,
        List<String> exclude,
        int minimumCharacters,
        int maximumCharacters,
        int maximumDocumentBytes,
        boolean skipDamaged) {
    /** 4 MiB: longer than most books, short enough to have several in memory. */
    public static final int DEFAULT_MAXIMUM_DOCUMENT_BYTES = 4 << 20;

    /** A line of JSON or a Parquet value may have at most this many bytes: 64 MiB. */
    static final int MAXIMUM_RECORD_BYTES = 64 << 20;

    public ReadOptions {
        include = List.copyOf(include);
        exclude = List.copyOf(exclude);
        if (maximumDocumentBytes < 16 || maximumDocumentBytes > MAXIMUM_RECORD_BYTES) {
            throw new UserError(
                    "a greatest document size of " + maximumDocumentBytes + " bytes",
                    "choose from 16 to " + MAXIMUM_RECORD_BYTES);
        }
        if (minimumCharacters < 0 || maximumCharacters < minimumCharacters) {
            throw new UserError(
                    "documents of " + minimumCharacters + " to " + maximumCharacters + " characters cannot be",
                    "the least number must not be negative, nor above the greatest");
        }
    }

    /** Everything is read; damage is an error. */
    public static ReadOptions defaults() {
        return new ReadOptions(
                InputFormat.AUTO,
                "text",
                List.of(),
                List.of(),
                0,
                Integer.MAX_VALUE,
                DEFAULT_MAXIMUM_DOCUMENT_BYTES,
                false);
    }

    public ReadOptions withFormat(InputFormat other) {
        return new ReadOptions(
                other,
                textField,
                include,
                exclude,
                minimumCharacters,
                maximumCharacters,
                maximumDocumentBytes,
                skipDamaged);
    }

    public ReadOptions withTextField(String other) {
        return new ReadOptions(
                format,
                other,
                include,
                exclude,
                minimumCharacters,
                maximumCharacters,
                maximumDocumentBytes,
                skipDamaged);
    }

    public ReadOptions withGlobs(List<String> included, List<String> excluded) {
        return new ReadOptions(
                format,
                textField,
                included,
                excluded,
                minimumCharacters,
                maximumCharacters,
                maximumDocumentBytes,
                skipDamaged);
    }

    public ReadOptions withCharacters(int minimum, int maximum) {
        return new ReadOptions(
                format, textField, include, exclude, minimum, maximum, maximumDocumentBytes, skipDamaged);
    }

    public ReadOptions withMaximumDocumentBytes(int other) {
        return new ReadOptions(
                format, textField, include, exclude, minimumCharacters, maximumCharacters, other, skipDamaged);
    }

    public ReadOptions withSkipDamaged(boolean other) {
        return new ReadOptions(
                format, textField, include, exclude, minimumCharacters, maximumCharacters, maximumDocumentBytes, other);
    }
}
