package dev.cria.data;

import dev.cria.base.DurableFiles;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes the token stream of one split as shards {@code SPLIT-00000.shard}, {@code SPLIT-00001.shard}, ... A shard is written beside its
 * place ({@code .tmp}), synced and renamed when it is full; a shard that has its final name is whole. Knows tokens only, nothing of text.
 *
 * <p>Not for several threads at once.
 */
public final class ShardWriter implements AutoCloseable {
    /** Tokens in a full shard where nobody asks for another number: 200 MB at two bytes each. */
    public static final long DEFAULT_SHARD_TOKENS = 100_000_000;

    static final String EXTENSION = ".shard";
    static final String UNFINISHED = ".tmp";
    private static final int BLOCK_BYTES = 1 << 20;
    /** A shard also ends at this many documents: their starts are held in memory. */
    private static final int MAXIMUM_DOCUMENTS = 1 << 22;

    private final Path directory;
    private final String split;
    private final Tokenizer tokenizer;
    private final Separators separators;
    private final long shardTokens;
    private final int tokenWidth;
    private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final List<Manifest.Shard> finished = new ArrayList<>();
    private @Nullable FileChannel channel;
    private long tokens;
    private long[] documentStarts = new long[1024];
    private int documents;
    private int[] checksums = new int[16];
    private int blocks;

    /**
     * @param directory an existing directory
     * @param split name of the split, the beginning of the shards' names
     * @param shardTokens tokens in a full shard, at least 1
     */
    public ShardWriter(Path directory, String split, Tokenizer tokenizer, Separators separators, long shardTokens) {
        if (shardTokens < 1) {
            throw new IllegalArgumentException("shardTokens must be positive: " + shardTokens);
        }
        this.directory = directory;
        this.split = split;
        this.tokenizer = tokenizer;
        this.separators = separators;
        this.shardTokens = shardTokens;
        this.tokenWidth = ShardHeader.widthFor(tokenizer.vocabularySize());
    }

    /** Adds one document: its text's ids, with the separators of the policy around them. */
    public void add(int[] ids) throws IOException {
        add(ids, 0, ids.length);
    }

    /** Adds one document whose ids are {@code ids[from..to-1]}. */
    void add(int[] ids, int from, int to) throws IOException {
        boolean first = true;
        if (separators.bos()) {
            put(tokenizer.bosId(), true);
            first = false;
        }
        for (int i = from; i < to; i++) {
            put(ids[i], first);
            first = false;
        }
        if (separators.eos()) {
            put(tokenizer.eosId(), first);
        }
    }

    /** Ends the last shard and returns all of them, in order. The writer is used up. */
    public List<Manifest.Shard> finish() throws IOException {
        if (channel != null) {
            finishShard(channel);
        }
        return List.copyOf(finished);
    }

    /** Gives up what is unfinished; a no-op after {@link #finish}. */
    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
            Files.deleteIfExists(unfinishedFile());
        }
    }

    private void put(int id, boolean startsDocument) throws IOException {
        if (id < 0 || id >= tokenizer.vocabularySize()) {
            throw new IllegalArgumentException("id " + id + " is not in the vocabulary");
        }
        FileChannel to = channel;
        if (to != null && (tokens == shardTokens || (startsDocument && documents == MAXIMUM_DOCUMENTS))) {
            finishShard(to);
            to = null;
        }
        if (to == null) {
            to = startShard();
        }
        if (startsDocument) {
            if (documents == documentStarts.length) {
                documentStarts = Arrays.copyOf(documentStarts, documents * 2);
            }
            documentStarts[documents++] = tokens;
        }
        if (block.remaining() < tokenWidth) {
            writeBlock(to);
        }
        if (tokenWidth == 2) {
            block.putShort((short) id);
        } else {
            block.putInt(id);
        }
        tokens++;
    }

    private FileChannel startShard() throws IOException {
        FileChannel opened = FileChannel.open(
                unfinishedFile(),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        opened.position(ShardHeader.BYTES);
        channel = opened;
        tokens = 0;
        documents = 0;
        blocks = 0;
        block.clear();
        return opened;
    }

    private void finishShard(FileChannel to) throws IOException {
        while ((tokens * tokenWidth + paddingWritten()) % Long.BYTES != 0) {
            block.put((byte) 0);
        }
        for (int i = 0; i < documents; i++) {
            if (!block.hasRemaining()) {
                writeBlock(to);
            }
            block.putLong(documentStarts[i]);
        }
        if (block.position() > 0) {
            writeBlock(to);
        }
        ByteBuffer table = ByteBuffer.allocate(blocks * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < blocks; i++) {
            table.putInt(checksums[i]);
        }
        CRC32C tableChecksum = new CRC32C();
        tableChecksum.update(table.array());
        writeFully(to, table.flip());
        ShardHeader header = new ShardHeader(
                tokenWidth,
                separators,
                BLOCK_BYTES,
                tokens,
                documents,
                tokenizer.vocabularySize(),
                tokenizer.bosId(),
                tokenizer.eosId(),
                (int) tableChecksum.getValue(),
                tokenizer.fingerprint());
        to.position(0);
        writeFully(to, ByteBuffer.wrap(header.encode()));
        long bytes = to.size();
        if (bytes != header.fileBytes()) {
            throw new IllegalStateException("wrote " + bytes + " bytes, planned " + header.fileBytes());
        }
        to.force(true);
        to.close();
        channel = null;
        Path target = directory.resolve(name(finished.size()));
        String sha256 = Checksums.sha256(unfinishedFile());
        DurableFiles.replace(unfinishedFile(), target);
        finished.add(new Manifest.Shard(name(finished.size()), bytes, tokens, documents, sha256));
    }

    /** Bytes of padding after the tokens so far: what the block holds beyond whole tokens. */
    private long paddingWritten() {
        return (long) blocks * BLOCK_BYTES + block.position() - tokens * tokenWidth;
    }

    private void writeBlock(FileChannel to) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(block.flip());
        if (blocks == checksums.length) {
            checksums = Arrays.copyOf(checksums, blocks * 2);
        }
        checksums[blocks++] = (int) crc.getValue();
        writeFully(to, block.rewind());
        block.clear();
    }

    private static void writeFully(FileChannel to, ByteBuffer from) throws IOException {
        while (from.hasRemaining()) {
            to.write(from);
        }
    }

    private String name(int index) {
        return String.format(Locale.ROOT, "%s-%05d%s", split, index, EXTENSION);
    }

    private Path unfinishedFile() {
        return directory.resolve(name(finished.size()) + UNFINISHED);
    }
}
