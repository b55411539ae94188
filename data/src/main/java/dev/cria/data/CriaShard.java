package dev.cria.data;

import dev.cria.base.MalformedFileException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Objects;

/** A shard in Cria's own format, {@link ShardHeader}. Each block is held against its checksum when it is first read. */
final class CriaShard implements TokenShard {
    private static final String HINT = "prepare the data again, or restore the shard from a copy";

    private final MappedFile file;
    private final ShardHeader header;
    private final String sha256;
    /** Blocks known to be good. Racing threads at worst check a block twice. */
    private final boolean[] good;

    /**
     * @param expected what the manifest says of it
     * @throws dev.cria.base.UserError when it is missing or is not what the manifest says
     */
    CriaShard(Path path, Manifest.Shard expected, Manifest.TokenizerInfo tokenizer) {
        this.file = new MappedFile(path);
        this.sha256 = expected.sha256();
        try {
            if (file.size() != expected.bytes()) {
                String what = "has " + file.size() + " bytes; the manifest says " + expected.bytes();
                throw new MalformedFileException(path, -1, what, HINT);
            }
            this.header = ShardHeader.decode(path, file.bytes(0, ShardHeader.BYTES), file.size());
            boolean asPromised = header.tokenCount() == expected.tokens()
                    && header.documentCount() == expected.documents()
                    && header.vocabularySize() == tokenizer.vocabularySize()
                    && header.tokenizerFingerprint().equals(tokenizer.fingerprint());
            if (!asPromised) {
                throw new MalformedFileException(
                        path, -1, "belongs to another data set than the manifest beside it", HINT);
            }
            long tableBytes = (long) header.blocks() * Integer.BYTES;
            if (file.crc32c(header.tableOffset(), tableBytes) != header.tableChecksum()) {
                String what = "the table of checksums is damaged";
                throw new MalformedFileException(path, header.tableOffset(), what, HINT);
            }
            this.good = new boolean[header.blocks()];
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return String.valueOf(file.file().getFileName());
    }

    @Override
    public long tokens() {
        return header.tokenCount();
    }

    @Override
    public long documents() {
        return header.documentCount();
    }

    @Override
    public long documentStart(long index) {
        long at = header.documentsOffset() + Objects.checkIndex(index, header.documentCount()) * Long.BYTES;
        check(at, Long.BYTES);
        long start = file.guarded(() -> file.segment().get(MappedFile.LONG, at));
        if (start < 0 || start >= header.tokenCount()) {
            throw new MalformedFileException(file.file(), at, "document " + index + " starts outside the shard", HINT);
        }
        return start;
    }

    @Override
    public void read(long position, int[] into, int offset, int length) {
        int width = header.tokenWidth();
        long from = ShardHeader.BYTES + position * width;
        check(from, (long) length * width);
        int greatest = file.guarded(() -> copy(from, into, offset, length, width));
        if (Integer.compareUnsigned(greatest, header.vocabularySize()) >= 0) {
            throw new MalformedFileException(
                    file.file(),
                    from,
                    "holds id " + Integer.toUnsignedString(greatest) + ", outside the vocabulary",
                    HINT);
        }
    }

    @Override
    public void verify() {
        check(ShardHeader.BYTES, header.tableOffset() - ShardHeader.BYTES);
    }

    @Override
    public DatasetReport.Shard describe() {
        String format = "cria " + ShardHeader.VERSION;
        return new DatasetReport.Shard(name(), format, file.size(), header.tokenWidth(), tokens(), documents());
    }

    @Override
    public String fingerprint() {
        return sha256;
    }

    @Override
    public void close() {
        file.close();
    }

    /** Copies ids; returns the greatest, as unsigned. */
    private int copy(long from, int[] into, int offset, int length, int width) {
        MemorySegment segment = file.segment();
        int greatest = 0;
        for (int i = 0; i < length; i++) {
            int id = width == 2
                    ? Short.toUnsignedInt(segment.get(MappedFile.SHORT, from + 2L * i))
                    : segment.get(MappedFile.INT, from + 4L * i);
            into[offset + i] = id;
            greatest = Integer.compareUnsigned(id, greatest) > 0 ? id : greatest;
        }
        return greatest;
    }

    /** Checks the blocks that hold bytes {@code from..from+bytes}, except those already known to be good. */
    private void check(long from, long bytes) {
        if (bytes == 0) {
            return;
        }
        int size = header.blockBytes();
        int last = (int) ((from + bytes - 1 - ShardHeader.BYTES) / size);
        for (int b = (int) ((from - ShardHeader.BYTES) / size); b <= last; b++) {
            if (!good[b]) {
                long start = ShardHeader.BYTES + (long) b * size;
                long end = Math.min(start + size, header.tableOffset());
                long entry = header.tableOffset() + (long) b * Integer.BYTES;
                int stated = file.guarded(() -> file.segment().get(MappedFile.INT, entry));
                if (file.crc32c(start, end - start) != stated) {
                    String what = "block " + b + " (bytes " + start + " to " + end + ") does not match its checksum";
                    throw new MalformedFileException(file.file(), start, what, HINT);
                }
                good[b] = true;
            }
        }
    }
}
