package dev.cria.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A made-up language that a small model learns quickly: enough text to train on in a test. */
final class TinyCorpus {
    private static final String[] NOUNS = {"llama", "alpaca", "shepherd", "river", "mountain", "village"};
    private static final String[] VERBS = {"sees", "follows", "crosses", "remembers"};

    private TinyCorpus() {}

    /** Writes {@code files} files of a few hundred words each; returns their folder. */
    static Path write(Path directory, int files) throws IOException {
        Files.createDirectories(directory);
        Random random = new Random(1);
        for (int f = 0; f < files; f++) {
            StringBuilder text = new StringBuilder();
            for (int s = 0; s < 40; s++) {
                text.append("The ").append(pick(NOUNS, random)).append(' ').append(pick(VERBS, random));
                text.append(" the ").append(pick(NOUNS, random)).append(".\n");
            }
            Files.writeString(directory.resolve("text-" + f + ".txt"), text);
        }
        return directory;
    }

    private static String pick(String[] words, Random random) {
        return words[random.nextInt(words.length)];
    }
}
