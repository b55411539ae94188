package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Trains a byte-pair-encoding tokenizer as SentencePiece does, on words counted in bounded memory. */
public final class TokenizerTrainer {
    private final TrainerOptions options;

    public TokenizerTrainer(TrainerOptions options) {
        this.options = options;
    }

    /** Is told how the training gets on. */
    @FunctionalInterface
    public interface Progress {
        /**
         * @param stage "reading", in characters, or "merging", in pieces
         * @param done how much is done
         * @param total how much there is, or -1 where nobody knows
         */
        void update(String stage, long done, long total);
    }

    /** Trains without telling anyone; see {@link #train(Iterator, Progress)}. */
    public TrainedTokenizer train(Iterator<String> documents) {
        return train(documents, (stage, done, total) -> {});
    }

    /**
     * Trains a tokenizer.
     *
     * @throws UserError where there is no text, or more characters than the vocabulary has room for
     */
    public TrainedTokenizer train(Iterator<String> documents, Progress progress) {
        PieceRules rules = new PieceRules(options);
        WordCounter counter = new WordCounter(options, rules);
        read(documents, counter, progress);
        if (counter.words().size() == 0) {
            throw new UserError("tokenizer training: the input holds no text", "give files with text in them");
        }
        List<String> characters = characters(counter.characters());
        int wanted = options.vocabularySize() - options.reservedIds() - characters.size();
        if (wanted < 0) {
            throw new UserError(
                    "tokenizer training: a vocabulary of " + options.vocabularySize() + " is too small: "
                            + options.reservedIds() + " ids are reserved and the text has " + characters.size()
                            + " common characters",
                    "ask for at least " + (options.vocabularySize() - wanted) + ", or lower the character coverage");
        }
        PieceMerger merger = new PieceMerger(rules, counter.words(), characters);
        List<String> pieces = merger.grow(wanted, done -> progress.update("merging", done, wanted));
        progress.update("merging", pieces.size(), pieces.size());
        return new TrainedTokenizer(model(pieces, characters), options);
    }

    private void read(Iterator<String> documents, WordCounter counter, Progress progress) {
        SplittableRandom random = new SplittableRandom(options.seed());
        long done = 0;
        long told = 0;
        while (documents.hasNext()) {
            String document = documents.next();
            if (options.sampleFraction() < 1 && random.nextDouble() >= options.sampleFraction()) {
                continue;
            }
            counter.add(document);
            done += document.length();
            if (done - told >= 1 << 20) {
                progress.update("reading", done, -1);
                told = done;
            }
        }
        progress.update("reading", done, done);
    }

    /** The most frequent characters that together make up the asked share of the text, most frequent first. */
    private List<String> characters(long[] counts) {
        counts[BpeModel.SPACE_MARK] = Math.max(1, counts[BpeModel.SPACE_MARK]);
        counts[0] = 0;
        List<Integer> found = new ArrayList<>();
        long total = 0;
        for (int c = 0; c < counts.length; c++) {
            if (counts[c] > 0) {
                found.add(c);
                total += counts[c];
            }
        }
        found.sort(Comparator.<Integer>comparingLong(c -> -counts[c]).thenComparingInt(c -> c));
        List<String> kept = new ArrayList<>();
        long covered = 0;
        boolean markKept = false;
        for (int c : found) {
            boolean enough = (double) covered / total >= options.characterCoverage();
            if (!enough || (c == BpeModel.SPACE_MARK && !markKept)) {
                kept.add(Character.toString(c));
                markKept |= c == BpeModel.SPACE_MARK;
            }
            covered += counts[c];
        }
        return kept;
    }

    private SentencePieceModel model(List<String> pieces, List<String> characters) {
        List<Piece> all = new ArrayList<>();
        all.add(new Piece("<unk>", 0, Type.UNKNOWN));
        all.add(new Piece("<s>", 0, Type.CONTROL));
        all.add(new Piece("</s>", 0, Type.CONTROL));
        for (int value = 0; options.byteFallback() && value < 256; value++) {
            all.add(new Piece(BpeModel.bytePiece(value), 0, Type.BYTE));
        }
        int reserved = all.size();
        for (String piece : pieces) {
            all.add(new Piece(piece, reserved - all.size(), Type.NORMAL));
        }
        for (String character : characters) {
            all.add(new Piece(character, reserved - all.size(), Type.NORMAL));
        }
        return new SentencePieceModel(
                all,
                options.byteFallback(),
                " \u2047 ",
                "<s>",
                "</s>",
                "<pad>",
                options.addDummyPrefix(),
                false,
                true,
                Optional.empty());
    }
}
