package dev.cria.data;

import dev.cria.base.UserError;
import java.util.ArrayList;
import java.util.List;

/** Says in sentences what of a preparation a user should know beyond the numbers. */
final class Notices {
    private Notices() {}

    static List<String> of(Manifest manifest) {
        List<String> notices = new ArrayList<>();
        Manifest.Split validation = manifest.splits().get(Manifest.VALIDATION);
        Manifest.Split train = manifest.splits().get(Manifest.TRAIN);
        if (validation != null
                && validation.documents() == 0
                && manifest.split().validationFraction() > 0) {
            long documents = train == null ? 0 : train.documents();
            notices.add("validation is empty: the corpus has only " + documents
                    + (documents == 1 ? " document" : " documents")
                    + ", all for training; a smaller --max-document-bytes cuts long text files into more");
        }
        List<String> counts = new ArrayList<>();
        addCounts(counts, manifest.cleaning());
        if (!counts.isEmpty()) {
            notices.add("left out or repaired: " + String.join(", ", counts));
        }
        return List.copyOf(notices);
    }

    /** The refusal of input without a single document, with what was found instead. */
    static UserError nothingToTrainOn(DocumentStream stream, PrepareOptions options) {
        long files = 0;
        for (int i = 0; i < options.inputs().size(); i++) {
            files += stream.filesRead(i);
        }
        List<String> parts = new ArrayList<>();
        parts.add(files + (files == 1 ? " file read" : " files read"));
        addCounts(parts, stream.cleaning());
        boolean globs =
                !options.read().include().isEmpty() || !options.read().exclude().isEmpty();
        return new UserError(
                "there is nothing to train on: " + String.join(", ", parts),
                globs
                        ? "check --input, and the globs of --include and --exclude"
                        : "name files or folders that hold text");
    }

    /** Adds a phrase for each count that is not zero. */
    static void addCounts(List<String> to, Manifest.Cleaning cleaning) {
        add(to, cleaning.binaryFiles(), "binary files skipped");
        add(to, cleaning.damaged(), "damaged parts skipped");
        add(to, cleaning.invalidUtf8(), "broken UTF-8 sequences replaced");
        add(to, cleaning.emptyDocuments(), "empty documents");
        add(to, cleaning.tooShort(), "documents too short");
        add(to, cleaning.tooLong(), "documents too long");
        add(to, cleaning.duplicates(), "duplicates");
        add(to, cleaning.uncheckedForDuplicates(), "documents beyond the memory for duplicates, kept");
    }

    private static void add(List<String> to, long count, String what) {
        if (count > 0) {
            to.add(count + " " + what);
        }
    }
}
