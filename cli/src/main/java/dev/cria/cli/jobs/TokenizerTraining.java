package dev.cria.cli.jobs;

import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.Glyphs;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.cli.terminal.Units;
import dev.cria.data.Document;
import dev.cria.data.DocumentReaders;
import dev.cria.data.DocumentStream;
import dev.cria.data.ReadOptions;
import dev.cria.text.TokenizerTrainer;
import dev.cria.text.TrainedTokenizer;
import dev.cria.text.TrainerOptions;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;

/** Trains a tokenizer on files, with a live line. */
public final class TokenizerTraining {
    private static final int BAR = 20;

    private TokenizerTraining() {}

    /** Reads all documents and trains. */
    public static TrainedTokenizer run(Console console, List<Path> inputs, ReadOptions read, TrainerOptions options) {
        try (DocumentStream documents = DocumentReaders.open(inputs, read);
                LiveLine line = new LiveLine(console)) {
            return new TokenizerTrainer(options)
                    .train(new Texts(documents), (stage, done, total) -> line.show(fields(stage, done, total)));
        }
    }

    private static List<Field> fields(String stage, long done, long total) {
        return stage.equals("merging") && total > 0
                ? List.of(
                        Field.ornament("▕" + Glyphs.bar((double) done / total, BAR) + "▏", 1, "36"),
                        Field.plain("merging " + done + "/" + total + " pieces", 2))
                : List.of(Field.plain(stage + " " + Units.count(done) + " characters", 2));
    }

    /** The texts of documents. */
    private record Texts(DocumentStream documents) implements Iterator<String> {
        @Override
        public boolean hasNext() {
            return documents.hasNext();
        }

        @Override
        public String next() {
            Document document = documents.next();
            return document.text();
        }
    }
}
