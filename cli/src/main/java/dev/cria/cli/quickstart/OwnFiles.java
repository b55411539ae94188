package dev.cria.cli.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Deletes what a quickstart wrote, and nothing else that may lie in its folder. */
final class OwnFiles {
    private static final List<String> NAMES = List.of(
            "quickstart.json",
            "tokenizer",
            "tokenizer.tmp",
            "data",
            "checkpoints",
            "tensorboard",
            "metrics.jsonl",
            "recipe.yaml",
            "curves.svg",
            "curves.png",
            "chat/conversations.jsonl",
            "chat/pairs.jsonl",
            "chat/held-out.jsonl",
            "chat/quickstart-sft.yaml",
            "chat/quickstart-dpo.yaml",
            "chat/sft",
            "chat/dpo");

    private OwnFiles() {}

    static void delete(Path output) throws IOException {
        for (String name : NAMES) {
            deleteTree(output.resolve(name));
        }
    }

    /** Deletes a file or a folder with all that is in it; links are deleted, not followed. */
    static void deleteTree(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(path)) {
            for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
