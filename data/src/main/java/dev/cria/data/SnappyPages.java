package dev.cria.data;

import dev.cria.base.MalformedFileException;
import dev.hardwood.metadata.ColumnMetaData;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.FileMetaData;
import dev.hardwood.metadata.RowGroup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Looks through the pages of a Parquet column packed with Snappy before they are unpacked. The native Snappy library writes as many bytes as
 * the packed data itself promises; where that is more than the page's header promised, it would write past its buffer and take the whole
 * process down. So each page's two promises are compared first. Only page headers are read.
 *
 * <p>Page headers are Thrift structs in compact encoding (Apache Parquet format, parquet.thrift): 1 type, 2 uncompressed size, 3 compressed
 * size; 8 the header of a version 2 data page, with 5 and 6 the sizes of levels, which stand unpacked before the data.
 */
final class SnappyPages {
    private static final int MAXIMUM_DEPTH = 16;
    private static final int BOOLEAN_TRUE = 1;
    private static final int BOOLEAN_FALSE = 2;
    private static final int STRUCT = 12;

    private final MappedFile file;
    private long at;
    private long end;
    private final long[] page = new long[4];
    private final long[] levels = new long[8];

    private SnappyPages(MappedFile file) {
        this.file = file;
    }

    /** @throws MalformedFileException when a page of the column would not unpack to what its header says */
    static void check(Path path, FileMetaData metadata, int column) {
        try (MappedFile file = new MappedFile(path)) {
            SnappyPages pages = new SnappyPages(file);
            for (RowGroup group : metadata.rowGroups()) {
                ColumnMetaData chunk = group.columns().get(column).metaData();
                if (chunk.codec() == CompressionCodec.SNAPPY) {
                    Long dictionary = chunk.dictionaryPageOffset();
                    long data = chunk.dataPageOffset();
                    long start = dictionary != null && dictionary > 0 ? Math.min(dictionary, data) : data;
                    pages.checkChunk(start, chunk.totalCompressedSize());
                }
            }
        }
    }

    private void checkChunk(long start, long bytes) {
        require(start >= 0 && bytes >= 0 && start <= file.size() - bytes, "a column lies outside the file");
        at = start;
        end = start + bytes;
        while (at < end) {
            Arrays.fill(page, 0);
            Arrays.fill(levels, 0);
            struct(0, 0);
            long unpacked = page[2];
            long packed = page[3];
            long levelBytes = levels[5] + levels[6];
            require(
                    packed >= 0 && packed <= end - at && levelBytes >= 0 && levelBytes <= packed,
                    "a page is cut short");
            long next = at + packed;
            if (packed > levelBytes) {
                at += levelBytes;
                require(varint() == unpacked - levelBytes, "a page does not unpack to the size it should have");
            }
            at = next;
        }
    }

    /** Reads a struct; {@code kind} 0 is the page header, 1 a version 2 data page's, 2 one of no interest. */
    private void struct(int depth, int kind) {
        require(depth < MAXIMUM_DEPTH, "a page header is nested too deeply");
        int field = 0;
        while (true) {
            int head = next();
            if (head == 0) {
                return;
            }
            field = head >>> 4 != 0 ? field + (head >>> 4) : (int) zigzag();
            value(head & 15, depth, kind, field);
        }
    }

    private void value(int type, int depth, int kind, int field) {
        switch (type) {
            case BOOLEAN_TRUE, BOOLEAN_FALSE -> {}
            case 3 -> at++;
            case 4, 5, 6 -> {
                long number = zigzag();
                if (kind == 0 && field > 0 && field < page.length) {
                    page[field] = number;
                } else if (kind == 1 && field > 0 && field < levels.length) {
                    levels[field] = number;
                }
            }
            case 7 -> at += Double.BYTES;
            case 8 -> {
                long length = varint();
                require(length >= 0 && length <= end - at, "a page header is cut short");
                at += length;
            }
            case STRUCT -> struct(depth + 1, kind == 0 && field == 8 ? 1 : 2);
            default -> throw damaged("a page header holds a value of unknown type " + type);
        }
    }

    private int next() {
        require(at < end, "a page header is cut short");
        long offset = at++;
        return file.guarded(() -> file.segment().get(ValueLayout.JAVA_BYTE, offset)) & 0xFF;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int b = next();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw damaged("a number is too long");
    }

    private long zigzag() {
        long value = varint();
        return (value >>> 1) ^ -(value & 1);
    }

    private void require(boolean condition, String what) {
        if (!condition) {
            throw damaged(what);
        }
    }

    private MalformedFileException damaged(String what) {
        return new MalformedFileException(
                file.file(),
                at,
                "is no readable Parquet file: " + what,
                "write or download the file again, or skip damaged files with --skip-damaged");
    }
}
