package dev.cria.cli.quickstart;

import dev.cria.base.UserError;
import dev.cria.data.ReadOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What is trained on.
 *
 * @param inputs files and folders
 * @param read how they are read
 * @param description in a few words
 * @param snippets beginnings that the model is asked to continue
 */
record Corpus(List<Path> inputs, ReadOptions read, String description, List<String> snippets) {
    /** About 38 MB of the clearest Java in the JDK: more than a few minutes can read, so that no file is seen twice. */
    private static final List<String> SOURCES = List.of(
            "java.base/java/**/*.java",
            "java.net.http/java/**/*.java",
            "java.sql/java/**/*.java",
            "java.desktop/java/**/*.java");

    private static final List<String> SNIPPETS = List.of(
            "    public static int max(int a, int b) {\n        return",
            "    /**\n     * Returns the number of",
            "        for (int i = 0; i <",
            "        if (name == null) {\n            throw new",
            "import java.util.");

    /**
     * The JDK's own sources, or what the user names in their place.
     *
     * @throws UserError if what is named does not exist, or this JDK came without its sources and nothing is named
     */
    static Corpus of(List<Path> named) {
        if (!named.isEmpty()) {
            for (Path input : named) {
                if (!Files.exists(input)) {
                    throw new UserError("the input " + input + " does not exist", "check the spelling");
                }
            }
            return new Corpus(named, ReadOptions.defaults(), describe(named), List.of("", "The ", "In "));
        }
        Path sources = Path.of(System.getProperty("java.home"), "lib", "src.zip");
        if (!Files.isReadable(sources)) {
            throw new UserError(
                    "this JDK has no " + sources + ", which quickstart trains on",
                    "name another text by --input PATH (files or a folder), or install a JDK with its sources");
        }
        return new Corpus(
                List.of(sources),
                ReadOptions.defaults().withGlobs(SOURCES, List.of("**/package-info.java")),
                "the JDK's own Java sources (" + sources + ")",
                SNIPPETS);
    }

    private static String describe(List<Path> named) {
        return named.size() == 1
                ? named.getFirst().toString()
                : named.getFirst() + " and " + (named.size() - 1) + " more";
    }
}
