package dev.cria.data;

import dev.cria.base.MalformedFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A packed data set file of lit-gpt, as TinyLlama's own scripts wrote them. Little-endian: "LITPKDS", uint64 version 1, uint8 type code,
 * uint64 number of tokens, then the tokens. Type codes: 1 uint8, 2 int8, 3 int16, 4 int32, 5 int64, 8 uint16; 6 and 7 are floating point and
 * no tokens. The format has no checksums, no documents and no tokenizer.
 *
 * <p>lit-gpt fills the last file of each writer up with one separator id. Cria does not train on filling: a run of one id at the file's end
 * counts as one token ({@link #dropped} tells the rest).
 */
final class LitGptShard implements TokenShard {
    private static final byte[] MAGIC = "LITPKDS".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_BYTES = 24;
    private static final String HINT = "check that the file was copied whole";

    private final MappedFile file;
    private final int type;
    private final int width;
    private final long tokens;
    private final long dropped;

    LitGptShard(Path path) {
        this.file = new MappedFile(path);
        try {
            byte[] header = file.bytes(0, HEADER_BYTES);
            require(0, isLitGpt(header) && header.length == HEADER_BYTES, "is not a lit-gpt packed data set");
            MemorySegment segment = file.segment();
            long version = segment.get(MappedFile.LONG, 7);
            require(7, version == 1, "has lit-gpt format version " + version + "; 1 is the only one known");
            this.type = header[15];
            this.width = switch (type) {
                case 1, 2 -> 1;
                case 3, 8 -> 2;
                case 4 -> 4;
                case 5 -> 8;
                default -> 0;
            };
            require(15, width != 0, "has type code " + type + ", which is no type of token ids");
            long count = segment.get(MappedFile.LONG, 16);
            long body = file.size() - HEADER_BYTES;
            require(
                    16,
                    count >= 0 && count == body / width && body % width == 0,
                    "promises " + Long.toUnsignedString(count) + " tokens of " + width + " bytes, but has " + body
                            + " bytes of them");
            this.dropped = file.guarded(() -> filling(count));
            this.tokens = count - dropped;
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Whether a file beginning with these bytes is of this format. */
    static boolean isLitGpt(byte[] beginning) {
        return beginning.length >= MAGIC.length && Arrays.equals(beginning, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** Tokens of filling at the end that are left out. */
    long dropped() {
        return dropped;
    }

    @Override
    public String name() {
        return String.valueOf(file.file().getFileName());
    }

    @Override
    public long tokens() {
        return tokens;
    }

    @Override
    public long documents() {
        return 0;
    }

    @Override
    public long documentStart(long index) {
        throw new IndexOutOfBoundsException("the format knows no documents");
    }

    @Override
    public void read(long position, int[] into, int offset, int length) {
        long worst = file.guarded(() -> {
            long bad = 0;
            for (int i = 0; i < length; i++) {
                long id = at(position + i);
                into[offset + i] = (int) id;
                bad = id < 0 || id > Integer.MAX_VALUE ? id : bad;
            }
            return bad;
        });
        require(HEADER_BYTES + position * width, worst == 0, "holds " + worst + ", which is no token id");
    }

    /** Nothing to hold it against: the size was checked when it was opened. */
    @Override
    public void verify() {}

    @Override
    public DatasetReport.Shard describe() {
        return new DatasetReport.Shard(name(), "lit-gpt 1", file.size(), width, tokens, 0);
    }

    /** Size, and checksums of the first and last MiB: reading hundreds of gigabytes at each start would take too long. */
    @Override
    public String fingerprint() {
        long part = Math.min(1 << 20, file.size());
        return Checksums.sha256(List.of(
                name(),
                Long.toString(file.size()),
                Integer.toString(file.crc32c(0, part)),
                Integer.toString(file.crc32c(file.size() - part, part))));
    }

    @Override
    public void close() {
        file.close();
    }

    private long filling(long count) {
        long run = 0;
        while (run + 1 < count && at(count - 2 - run) == at(count - 1)) {
            run++;
        }
        return run;
    }

    private long at(long index) {
        MemorySegment segment = file.segment();
        long at = HEADER_BYTES + index * width;
        return switch (type) {
            case 1 -> Byte.toUnsignedLong(segment.get(ValueLayout.JAVA_BYTE, at));
            case 2 -> segment.get(ValueLayout.JAVA_BYTE, at);
            case 3 -> segment.get(MappedFile.SHORT, at);
            case 8 -> Short.toUnsignedLong(segment.get(MappedFile.SHORT, at));
            case 4 -> segment.get(MappedFile.INT, at);
            default -> segment.get(MappedFile.LONG, at);
        };
    }

    private void require(long offset, boolean condition, String what) {
        if (!condition) {
            throw new MalformedFileException(file.file(), offset, what, HINT);
        }
    }
}
