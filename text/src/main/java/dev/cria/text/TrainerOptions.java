package dev.cria.text;

import dev.cria.base.UserError;

/**
 * How a tokenizer is trained. The defaults are those Llama 2's tokenizer was trained with.
 *
 * @param vocabularySize number of ids asked for; fewer come out where the text does not yield more
 * @param characterCoverage share of all characters that get a piece; the rest becomes bytes
 * @param maxPieceLength most characters in a piece
 * @param splitDigits whether every digit is a piece of its own
 * @param splitByUnicodeScript whether a piece may not mix scripts (Latin letters and punctuation, say)
 * @param splitByNumber whether, with the former, digits count as a script apart from letters
 * @param splitByWhitespace whether a piece may not reach across a space
 * @param allowWhitespaceOnlyPieces whether runs of spaces may be pieces, which indented source code needs
 * @param byteFallback whether unknown characters become bytes rather than the unknown id
 * @param addDummyPrefix whether a space is put in front of every text
 * @param prefixEveryLine whether, in training, every line counts as the begin of a text (as in SentencePiece), or only the first of a document
 * @param maxWords words (between two cuts) counted at most; above, the rarest are forgotten, so memory stays bounded
 * @param sampleFraction share of the documents that is read, from 0 to 1
 * @param seed which documents those are
 */
public record TrainerOptions(
        int vocabularySize,
        double characterCoverage,
        int maxPieceLength,
        boolean splitDigits,
        boolean splitByUnicodeScript,
        boolean splitByNumber,
        boolean splitByWhitespace,
        boolean allowWhitespaceOnlyPieces,
        boolean byteFallback,
        boolean addDummyPrefix,
        boolean prefixEveryLine,
        int maxWords,
        double sampleFraction,
        long seed) {

    private static final int MAX_VOCABULARY = 1 << 20;

    /** @throws UserError where a value is out of range */
    public TrainerOptions {
        check(
                vocabularySize >= 4 && vocabularySize <= MAX_VOCABULARY,
                "vocabulary size",
                vocabularySize,
                "4 to " + MAX_VOCABULARY);
        check(
                characterCoverage > 0 && characterCoverage <= 1,
                "character coverage",
                characterCoverage,
                "above 0, up to 1");
        check(maxPieceLength >= 1 && maxPieceLength <= 512, "longest piece", maxPieceLength, "1 to 512");
        check(maxWords >= 1000, "number of words", maxWords, "1000 or more");
        check(sampleFraction > 0 && sampleFraction <= 1, "sample fraction", sampleFraction, "above 0, up to 1");
    }

    private static void check(boolean good, String what, Object value, String range) {
        if (!good) {
            throw new UserError("tokenizer training: the " + what + " is " + value, "it must be " + range);
        }
    }

    /** Llama 2's settings. */
    public static TrainerOptions of(int vocabularySize) {
        return new TrainerOptions(
                vocabularySize, 0.99995, 16, true, true, true, true, true, true, true, true, 4_000_000, 1, 0);
    }

    public TrainerOptions withCharacterCoverage(double share) {
        return new TrainerOptions(
                vocabularySize,
                share,
                maxPieceLength,
                splitDigits,
                splitByUnicodeScript,
                splitByNumber,
                splitByWhitespace,
                allowWhitespaceOnlyPieces,
                byteFallback,
                addDummyPrefix,
                prefixEveryLine,
                maxWords,
                sampleFraction,
                seed);
    }

    public TrainerOptions withMaxPieceLength(int length) {
        return new TrainerOptions(
                vocabularySize,
                characterCoverage,
                length,
                splitDigits,
                splitByUnicodeScript,
                splitByNumber,
                splitByWhitespace,
                allowWhitespaceOnlyPieces,
                byteFallback,
                addDummyPrefix,
                prefixEveryLine,
                maxWords,
                sampleFraction,
                seed);
    }

    /** Which boundaries no piece may cross. */
    public TrainerOptions withSplitting(boolean digits, boolean scripts, boolean numbers, boolean whitespace) {
        return new TrainerOptions(
                vocabularySize,
                characterCoverage,
                maxPieceLength,
                digits,
                scripts,
                numbers,
                whitespace,
                allowWhitespaceOnlyPieces,
                byteFallback,
                addDummyPrefix,
                prefixEveryLine,
                maxWords,
                sampleFraction,
                seed);
    }

    public TrainerOptions withWhitespaceOnlyPieces(boolean allowed) {
        return new TrainerOptions(
                vocabularySize,
                characterCoverage,
                maxPieceLength,
                splitDigits,
                splitByUnicodeScript,
                splitByNumber,
                splitByWhitespace,
                allowed,
                byteFallback,
                addDummyPrefix,
                prefixEveryLine,
                maxWords,
                sampleFraction,
                seed);
    }

    public TrainerOptions withByteFallback(boolean bytes) {
        return new TrainerOptions(
                vocabularySize,
                characterCoverage,
                maxPieceLength,
                splitDigits,
                splitByUnicodeScript,
                splitByNumber,
                splitByWhitespace,
                allowWhitespaceOnlyPieces,
                bytes,
                addDummyPrefix,
                prefixEveryLine,
                maxWords,
                sampleFraction,
                seed);
    }

    public TrainerOptions withPrefix(boolean dummyPrefix, boolean everyLine) {
        return new TrainerOptions(
                vocabularySize,
                characterCoverage,
                maxPieceLength,
                splitDigits,
                splitByUnicodeScript,
                splitByNumber,
                splitByWhitespace,
                allowWhitespaceOnlyPieces,
                byteFallback,
                dummyPrefix,
                everyLine,
                maxWords,
                sampleFraction,
                seed);
    }

    public TrainerOptions withMaxWords(int words) {
        return new TrainerOptions(
                vocabularySize,
                characterCoverage,
                maxPieceLength,
                splitDigits,
                splitByUnicodeScript,
                splitByNumber,
                splitByWhitespace,
                allowWhitespaceOnlyPieces,
                byteFallback,
                addDummyPrefix,
                prefixEveryLine,
                words,
                sampleFraction,
                seed);
    }

    public TrainerOptions withSample(double fraction, long newSeed) {
        return new TrainerOptions(
                vocabularySize,
                characterCoverage,
                maxPieceLength,
                splitDigits,
                splitByUnicodeScript,
                splitByNumber,
                splitByWhitespace,
                allowWhitespaceOnlyPieces,
                byteFallback,
                addDummyPrefix,
                prefixEveryLine,
                maxWords,
                fraction,
                newSeed);
    }

    /** Number of ids that are no text: unknown, BOS, EOS, and the bytes. */
    int reservedIds() {
        return 3 + (byteFallback ? 256 : 0);
    }
}
