package dev.cria.data;

import dev.cria.base.MalformedFileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * The first {@value #BYTES} bytes of a token shard. All numbers are little-endian. A shard is
 *
 * <pre>
 * header            128 bytes, below
 * tokens            tokenCount ids of tokenWidth bytes, unsigned; then zero bytes up to a multiple of 8
 * document starts   documentCount int64: index in this shard of the first token of each document that begins in it, ascending
 * block checksums   one int32 CRC32C for each blockBytes (the last may be shorter) of tokens, padding and document starts
 *
 * offset  type
 *   0     8 bytes   "CRIASHRD"
 *   8     int32     format version, 1
 *  12     int32     tokenWidth: 2 (vocabularies up to 65,536) or 4
 *  16     int32     separators: bit 0 BOS before each document, bit 1 EOS after it
 *  20     int32     blockBytes: a power of two, 4 KiB to 64 MiB
 *  24     int64     tokenCount
 *  32     int64     documentCount
 *  40     int32     vocabulary size: every id is below it
 *  44     int32     id of BOS
 *  48     int32     id of EOS
 *  52     int32     CRC32C of the table of block checksums: so the header vouches for the whole file
 *  56     32 bytes  SHA-256 fingerprint of the tokenizer
 *  88     36 bytes  zero
 * 124     int32     CRC32C of bytes 0..123
 * </pre>
 *
 * A document may go on in the next shard of its split: its end is where the next document starts.
 */
record ShardHeader(
        int tokenWidth,
        Separators separators,
        int blockBytes,
        long tokenCount,
        long documentCount,
        int vocabularySize,
        int bosId,
        int eosId,
        int tableChecksum,
        String tokenizerFingerprint) {
    static final int BYTES = 128;
    static final int VERSION = 1;
    private static final byte[] MAGIC = {'C', 'R', 'I', 'A', 'S', 'H', 'R', 'D'};
    private static final String HINT = "prepare the data again, or restore the shard from a copy";

    /** The narrowest width in bytes that holds every id of a vocabulary. */
    static int widthFor(int vocabularySize) {
        return vocabularySize <= 1 << 16 ? 2 : 4;
    }

    /** Where the document starts begin, in bytes. */
    long documentsOffset() {
        return BYTES + (tokenCount * tokenWidth + 7) / 8 * 8;
    }

    /** Where the block checksums begin, in bytes. */
    long tableOffset() {
        return documentsOffset() + documentCount * Long.BYTES;
    }

    /** Number of checksummed blocks. */
    int blocks() {
        return Math.toIntExact((tableOffset() - BYTES + blockBytes - 1) / blockBytes);
    }

    /** Size of the whole file in bytes. */
    long fileBytes() {
        return tableOffset() + (long) blocks() * Integer.BYTES;
    }

    byte[] encode() {
        byte[] fingerprint = HexFormat.of().parseHex(tokenizerFingerprint);
        if (fingerprint.length != 32) {
            throw new IllegalArgumentException("a tokenizer fingerprint has 64 hex digits: " + tokenizerFingerprint);
        }
        byte[] bytes = new byte[BYTES];
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.put(MAGIC).putInt(VERSION).putInt(tokenWidth);
        buffer.putInt((separators.bos() ? 1 : 0) | (separators.eos() ? 2 : 0)).putInt(blockBytes);
        buffer.putLong(tokenCount).putLong(documentCount);
        buffer.putInt(vocabularySize).putInt(bosId).putInt(eosId).putInt(tableChecksum);
        buffer.put(fingerprint);
        buffer.putInt(BYTES - 4, checksum(bytes));
        return bytes;
    }

    /**
     * Reads a header and holds it against the file's size, so that whoever trusts its counts stays inside the file.
     *
     * @throws MalformedFileException when it is no header, or not this file's
     */
    static ShardHeader decode(Path file, byte[] bytes, long fileSize) {
        if (bytes.length < BYTES) {
            throw new MalformedFileException(
                    file, bytes.length, "ends inside the shard's header of " + BYTES + " bytes", HINT);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        require(file, 0, Arrays.equals(bytes, 0, 8, MAGIC, 0, 8), "is not a Cria token shard");
        int version = in.getInt(8);
        require(file, 8, version == VERSION, "has shard format version " + version + "; this Cria reads " + VERSION);
        require(file, 124, in.getInt(124) == checksum(bytes), "the header's checksum does not match");
        int width = in.getInt(12);
        require(file, 12, width == 2 || width == 4, "token width " + width + " is neither 2 nor 4");
        int policy = in.getInt(16);
        require(file, 16, policy >= 0 && policy < 4, "unknown separator policy " + policy);
        int block = in.getInt(20);
        require(
                file,
                20,
                Integer.bitCount(block) == 1 && block >= 1 << 12 && block <= 1 << 26,
                "block size " + block + " is not a power of two from 4 KiB to 64 MiB");
        long tokens = in.getLong(24);
        require(file, 24, tokens >= 0 && tokens <= fileSize / width, tokens + " tokens do not fit into the file");
        long documents = in.getLong(32);
        require(file, 32, documents >= 0 && documents <= fileSize / 8, documents + " documents do not fit the file");
        int vocabulary = in.getInt(40);
        require(file, 40, vocabulary > 0, "vocabulary size " + vocabulary);
        byte[] fingerprint = Arrays.copyOfRange(bytes, 56, 88);
        ShardHeader header = new ShardHeader(
                width,
                separators(policy),
                block,
                tokens,
                documents,
                vocabulary,
                in.getInt(44),
                in.getInt(48),
                in.getInt(52),
                HexFormat.of().formatHex(fingerprint));
        require(
                file,
                -1,
                header.fileBytes() == fileSize,
                "has " + fileSize + " bytes, but its header promises " + header.fileBytes());
        return header;
    }

    private static Separators separators(int bits) {
        for (Separators separators : Separators.values()) {
            if (bits == ((separators.bos() ? 1 : 0) | (separators.eos() ? 2 : 0))) {
                return separators;
            }
        }
        throw new IllegalArgumentException("separator bits " + bits);
    }

    private static int checksum(byte[] header) {
        CRC32C crc = new CRC32C();
        crc.update(header, 0, BYTES - 4);
        return (int) crc.getValue();
    }

    private static void require(Path file, long offset, boolean condition, String what) {
        if (!condition) {
            throw new MalformedFileException(file, offset, what, HINT);
        }
    }
}
