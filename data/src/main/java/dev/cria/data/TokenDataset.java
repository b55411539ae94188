package dev.cria.data;

import dev.cria.base.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * One split of a prepared data set: its mapped shards as one long stream of tokens. Also opens a directory of lit-gpt's packed files
 * ({@code *.bin}), TinyLlama's own format. Sizes and headers are checked on opening, contents when they are first read.
 */
public final class TokenDataset implements TokenStream, AutoCloseable {
    private final Optional<Manifest> manifest;
    private final String split;
    private final List<TokenShard> shards;
    /** Position of each shard's first token; one more at the end. */
    private final long[] starts;
    /** Number of each shard's first document; one more at the end. */
    private final long[] documentStarts;

    private TokenDataset(Optional<Manifest> manifest, String split, List<TokenShard> shards) {
        this.manifest = manifest;
        this.split = split;
        this.shards = List.copyOf(shards);
        this.starts = new long[shards.size() + 1];
        this.documentStarts = new long[shards.size() + 1];
        for (int i = 0; i < shards.size(); i++) {
            starts[i + 1] = Math.addExact(starts[i], shards.get(i).tokens());
            documentStarts[i + 1] = documentStarts[i] + shards.get(i).documents();
        }
    }

    /**
     * Opens a split of the data set in a directory.
     *
     * @param split {@link Manifest#TRAIN} or {@link Manifest#VALIDATION}; of lit-gpt files, those whose names begin with "valid" are
     *     validation and all others train
     * @throws UserError when there is no data set or no such split; {@link dev.cria.base.MalformedFileException} when a file is damaged
     */
    public static TokenDataset open(Path directory, String split) {
        if (!Files.isDirectory(directory)) {
            throw new UserError(directory + " is no directory", "name a directory that `cria data prepare` made");
        }
        List<Path> litGpt = Files.exists(directory.resolve(Manifest.FILE)) ? List.of() : litGptFiles(directory);
        List<TokenShard> shards = new ArrayList<>();
        try {
            if (!litGpt.isEmpty()) {
                for (Path file : litGpt) {
                    if (name(file).startsWith("valid") == split.equals(Manifest.VALIDATION)) {
                        shards.add(new LitGptShard(file));
                    }
                }
                return new TokenDataset(Optional.empty(), split, shards);
            }
            Manifest manifest = ManifestFile.read(directory);
            Manifest.Split described = manifest.splits().get(split);
            if (described == null) {
                throw new UserError(
                        directory + " has no split \"" + split + "\"",
                        "its splits are " + manifest.splits().keySet());
            }
            for (Manifest.Shard shard : described.shards()) {
                shards.add(new CriaShard(directory.resolve(shard.file()), shard, manifest.tokenizer()));
            }
            return new TokenDataset(Optional.of(manifest), split, shards);
        } catch (RuntimeException e) {
            shards.forEach(TokenShard::close);
            throw e;
        }
    }

    /** The manifest; empty for lit-gpt files. */
    public Optional<Manifest> manifest() {
        return manifest;
    }

    public String split() {
        return split;
    }

    @Override
    public long tokens() {
        return starts[shards.size()];
    }

    /** Number of documents; 0 for lit-gpt files, which do not know theirs. */
    public long documents() {
        return documentStarts[shards.size()];
    }

    /** Ids are below it; empty for lit-gpt files. */
    public OptionalInt vocabularySize() {
        return manifest.map(m -> OptionalInt.of(m.tokenizer().vocabularySize())).orElse(OptionalInt.empty());
    }

    /** Fingerprint of the tokenizer that made the ids; empty for lit-gpt files. */
    public Optional<String> tokenizerFingerprint() {
        return manifest.map(m -> m.tokenizer().fingerprint());
    }

    /** Tokens of filling at the ends of lit-gpt files that are left out. */
    public long droppedFilling() {
        long sum = 0;
        for (TokenShard shard : shards) {
            sum += shard instanceof LitGptShard packed ? packed.dropped() : 0;
        }
        return sum;
    }

    @Override
    public void read(long position, int[] into, int offset, int length) {
        Objects.checkFromIndexSize(position, length, tokens());
        int shard = indexOf(starts, position);
        while (length > 0) {
            int n = (int) Math.min(length, starts[shard + 1] - position);
            shards.get(shard).read(position - starts[shard], into, offset, n);
            position += n;
            offset += n;
            length -= n;
            shard++;
        }
    }

    /** Position of the first token (of the BOS, where the policy has one) of a document, 0..{@link #documents}-1. */
    public long documentStart(long document) {
        Objects.checkIndex(document, documents());
        int shard = indexOf(documentStarts, document);
        return starts[shard] + shards.get(shard).documentStart(document - documentStarts[shard]);
    }

    /** Position behind the last token of a document: where the next starts. */
    public long documentEnd(long document) {
        return document + 1 < documents() ? documentStart(document + 1) : tokens();
    }

    /**
     * Holds every byte of every shard against its checksums.
     *
     * @throws dev.cria.base.MalformedFileException at the first that does not match
     */
    public void verify() {
        shards.forEach(TokenShard::verify);
    }

    @Override
    public String fingerprint() {
        List<String> lines = new ArrayList<>();
        lines.add(tokenizerFingerprint().orElse(""));
        for (TokenShard shard : shards) {
            lines.add(shard.tokens() + " " + shard.fingerprint());
        }
        return Checksums.sha256(lines);
    }

    List<TokenShard> shards() {
        return shards;
    }

    @Override
    public void close() {
        shards.forEach(TokenShard::close);
    }

    /** The last i with starts[i] <= value < starts[i+1]; empty shards are passed over. */
    private static int indexOf(long[] starts, long value) {
        int found = Arrays.binarySearch(starts, value);
        if (found < 0) {
            return -found - 2;
        }
        while (found + 1 < starts.length - 1 && starts[found + 1] == value) {
            found++;
        }
        return found;
    }

    private static List<Path> litGptFiles(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> name(file).endsWith(".bin") && beginsAsLitGpt(file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UserError("cannot list " + directory + ": " + e, "", e);
        }
    }

    private static boolean beginsAsLitGpt(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return LitGptShard.isLitGpt(in.readNBytes(7));
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": " + e, "", e);
        }
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    }
}
