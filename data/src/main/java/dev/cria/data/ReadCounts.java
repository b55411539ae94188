package dev.cria.data;

/** Counts of what the readers left out or repaired so far. One reader's thread only. */
final class ReadCounts {
    long binaryFiles;
    long damaged;
    long invalidUtf8;
    long emptyDocuments;
    long tooShort;
    long tooLong;

    Manifest.Cleaning toCleaning(long duplicates, long uncheckedForDuplicates) {
        return new Manifest.Cleaning(
                binaryFiles,
                damaged,
                invalidUtf8,
                emptyDocuments,
                tooShort,
                tooLong,
                duplicates,
                uncheckedForDuplicates);
    }
}
