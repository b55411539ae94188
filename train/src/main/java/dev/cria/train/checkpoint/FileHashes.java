package dev.cria.train.checkpoint;

import dev.cria.base.JsonFiles;
import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Length and SHA-256 of every file of a checkpoint, kept in {@code trainer.json}, which holds a hash of itself. (SHA-256 is an instruction of
 * current processors: a 13 GB checkpoint takes seconds.)
 */
final class FileHashes {
    static final String TRAINER = "trainer.json";
    private static final String FILES = "files";
    private static final String OWN = "sha256_of_the_rest";
    private static final long MAXIMUM_TRAINER_BYTES = 16 << 20;
    private static final int BUFFER_BYTES = 4 << 20;

    private FileHashes() {}

    /** Adds the hashes of all files of the directory to {@code trainer}; the result is what to write as {@code trainer.json}. */
    static byte[] seal(Path directory, ObjectNode trainer) throws IOException {
        ObjectNode files = trainer.putObject(FILES);
        for (Path file : files(directory)) {
            files.putObject(String.valueOf(file.getFileName()))
                    .put("bytes", Files.size(file))
                    .put("sha256", hash(file));
        }
        trainer.put(OWN, hash(JsonFiles.render(trainer)));
        return JsonFiles.render(trainer).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads {@code trainer.json} and holds every file of the directory against it.
     *
     * @throws UserError if something is missing or cannot be read
     * @throws MalformedFileException if a byte is not what was written; names the file
     */
    static ObjectNode verify(Path directory) {
        Path trainerFile = directory.resolve(TRAINER);
        ObjectNode trainer = JsonFiles.readObject(trainerFile, MAXIMUM_TRAINER_BYTES);
        try {
            ObjectNode rest = trainer.deepCopy();
            rest.remove(OWN);
            boolean own = trainer.path(OWN).asString("").equals(hash(JsonFiles.render(rest)));
            byte[] rendered = JsonFiles.render(trainer).getBytes(StandardCharsets.UTF_8);
            if (!own || !Arrays.equals(rendered, Files.readAllBytes(trainerFile))) {
                throw damaged(trainerFile, "its bytes are not those that were written");
            }
            for (Map.Entry<String, JsonNode> each : trainer.path(FILES).properties()) {
                verify(directory.resolve(each.getKey()), each.getValue());
            }
            return trainer;
        } catch (NoSuchFileException e) {
            throw new MalformedFileException(
                    Path.of(e.getFile()), -1, "is missing from the checkpoint", mend(directory));
        } catch (IOException e) {
            throw new UserError("cannot read the checkpoint " + directory + ": " + e, "check permissions", e);
        }
    }

    private static void verify(Path file, JsonNode expected) throws IOException {
        long bytes = expected.path("bytes").asLong(-1);
        if (Files.size(file) != bytes) {
            throw damaged(file, "is " + Files.size(file) + " bytes long, " + bytes + " were written");
        }
        if (!hash(file).equals(expected.path("sha256").asString(""))) {
            throw damaged(file, "its bytes are not those that were written (SHA-256 differs)");
        }
    }

    private static MalformedFileException damaged(Path file, String what) {
        return new MalformedFileException(file, -1, what, mend(file.resolveSibling("")));
    }

    private static String mend(Path directory) {
        return "restore it from a copy, or delete the folder " + directory + " to go on from the checkpoint before it";
    }

    private static List<Path> files(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> listed = Files.list(directory)) {
            listed.sorted().forEach(files::add);
        }
        return files;
    }

    private static String hash(String text) {
        return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String hash(Path file) throws IOException {
        MessageDigest digest = sha256();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(buffer.clear()) >= 0) {
                digest.update(buffer.flip());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
