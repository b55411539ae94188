package dev.cria.cuda.compile;

import dev.cria.base.DurableFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What took time to find out, on disk: compiled kernels and chosen algorithms, by the hash of everything they depend on. A file holds a mark, the
 * SHA-256 of its contents, and the contents; a damaged one counts as absent and is replaced. When the folder grows over its bound, what was
 * not used for longest goes. A folder that cannot be written only costs finding out again.
 */
public final class DiskCache {
    private static final System.Logger LOG = System.getLogger(DiskCache.class.getName());
    private static final byte[] MARK = "CRIAGPU1".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH_BYTES = 32;
    private static final String SUFFIX = ".cached";

    private final Path folder;
    private final long maximumBytes;

    public DiskCache(Path folder, long maximumBytes) {
        this.folder = folder;
        this.maximumBytes = maximumBytes;
    }

    public Path folder() {
        return folder;
    }

    /** The key of something that depends on all of these texts, in this order. */
    public static String key(List<String> parts) {
        MessageDigest digest = sha256();
        for (String part : parts) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** What was stored under a key, whole. */
    public Optional<byte[]> find(String key) {
        Path file = folder.resolve(key + SUFFIX);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > maximumBytes) {
                return Optional.empty();
            }
            byte[] bytes = Files.readAllBytes(file);
            int start = MARK.length + HASH_BYTES;
            if (bytes.length <= start || !Arrays.equals(bytes, 0, MARK.length, MARK, 0, MARK.length)) {
                return Optional.empty();
            }
            byte[] code = Arrays.copyOfRange(bytes, start, bytes.length);
            if (!Arrays.equals(bytes, MARK.length, start, sha256().digest(code), 0, HASH_BYTES)) {
                return Optional.empty();
            }
            touch(file);
            return Optional.of(code);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0} cannot be read: {1}", file, e);
            return Optional.empty();
        }
    }

    /** When it was used last decides what goes first; a folder that cannot be written keeps no such order. */
    private static void touch(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "the time of {0} cannot be set: {1}", file, e);
        }
    }

    /** Stores code under a key; other processes may do the same at the same time. */
    public void store(String key, byte[] code) {
        try {
            Files.createDirectories(folder);
            Path beside = Files.createTempFile(folder, key, ".tmp");
            ByteBuffer bytes = ByteBuffer.allocate(MARK.length + HASH_BYTES + code.length);
            bytes.put(MARK).put(sha256().digest(code)).put(code);
            Files.write(beside, bytes.array());
            DurableFiles.sync(beside);
            DurableFiles.replace(beside, folder.resolve(key + SUFFIX));
            prune();
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "compiled kernels cannot be kept in {0} ({1}): they will be compiled again at the next start; set CRIA_CACHE to a"
                            + " folder that can be written",
                    folder,
                    e);
        }
    }

    private void prune() throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            entries.filter(file -> file.toString().endsWith(SUFFIX)).forEach(files::add);
        }
        files.sort(Comparator.comparing(DiskCache::lastUsed).reversed());
        long total = 0;
        for (Path file : files) {
            total += size(file);
            if (total > maximumBytes) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static FileTime lastUsed(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            // Another process has removed it.
            return FileTime.fromMillis(0);
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
