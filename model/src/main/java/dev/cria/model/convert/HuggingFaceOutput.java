package dev.cria.model.convert;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.safetensors.ShardedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Puts a model into a Hugging Face directory. It is written under another name beside its place and renamed when it is complete, so that it is
 * there wholly or not at all.
 */
final class HuggingFaceOutput {
    private HuggingFaceOutput() {}

    /** Writes the directory; returns the number of files with tensors. */
    static int write(
            ModelSource source,
            ConversionPlan plan,
            TensorConverter converter,
            ConversionOptions options,
            Path directory) {
        Path beside = directory.resolveSibling(directory.getFileName() + ".tmp");
        ShardedWriter writer = new ShardedWriter(options.largestShard());
        for (TensorConverter.Task task : plan.tasks()) {
            writer.add(task.name(), task.target(), task.source().dims(), converter.content(task));
        }
        try {
            deleteFlat(beside);
            Files.createDirectories(beside);
            source.writeCompanions(beside);
            HuggingFaceDirectory.writeConfiguration(
                    beside, source.config(), options.type().dtype());
            writer.write(beside);
            HuggingFaceDirectory.syncFiles(beside);
            replace(beside, directory);
        } catch (IOException e) {
            UserError failed = UserError.failed(
                    "cannot write the model to " + directory + ": " + e, "check free space and permissions there");
            throw cleaning(beside, failed);
        } catch (UserError e) { // of a tensor or the tokenizer
            throw cleaning(beside, e);
        }
        return writer.shards();
    }

    private static UserError cleaning(Path beside, UserError reason) {
        try {
            deleteFlat(beside);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
        return reason;
    }

    /** A directory cannot be renamed over another, so the old one steps aside first. */
    private static void replace(Path beside, Path directory) throws IOException {
        Path old = directory.resolveSibling(directory.getFileName() + ".old");
        deleteFlat(old);
        if (Files.exists(directory)) {
            Files.move(directory, old);
        }
        DurableFiles.replace(beside, directory);
        deleteFlat(old);
    }

    /** Deletes a directory that holds nothing but files. */
    private static void deleteFlat(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> listed = Files.list(directory)) {
            files = listed.toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
        Files.delete(directory);
    }
}
