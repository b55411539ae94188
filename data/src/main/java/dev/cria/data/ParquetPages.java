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
 * Looks through the page headers of a Parquet column before the library trusts them. On headers that contradict each other its
 * threads can wait or run for ever, and the native Snappy library, which writes as many bytes as the packed data itself promises, would
 * write past its buffer and take the whole process down. So: pages lie in the file, their values add up to the rows, sizes are within
 * bounds, and what Snappy data promises is what the header says. The data itself is not read.
 *
 * <p>Page headers are Thrift structs in compact encoding (Apache Parquet format, parquet.thrift): 1 type, 2 unpacked size, 3 packed size;
 * 5, 7 and 8 are the headers of a data page, a dictionary and a version 2 data page, each with 1 its number of values; the last also has
 * 5 and 6, the sizes of levels, which stand unpacked before the data.
 */
final class ParquetPages {
    private static final int MAXIMUM_DEPTH = 16;
    private static final int BOOLEAN_TRUE = 1;
    private static final int BOOLEAN_FALSE = 2;
    private static final int STRUCT = 12;
    private static final int DATA_PAGE = 5;
    private static final int DICTIONARY_PAGE = 7;
    private static final int DATA_PAGE_2 = 8;
    /** Writers aim at 1 MiB; a page larger than the longest record allowed is damage. */
    private static final long MAXIMUM_PAGE_BYTES = 2L * ReadOptions.MAXIMUM_RECORD_BYTES;

    private final MappedFile file;
    private long at;
    private long end;
    /** Numbers in the page header, by field. */
    private final long[] page = new long[4];
    /** Numbers in the header of its kind of page, by field; {@link #kind} is that header's field, 0 for none. */
    private final long[] details = new long[8];

    private int kind;

    private ParquetPages(MappedFile file) {
        this.file = file;
    }

    /**
     * @param repeated whether a row may hold several values of the column, or none
     * @throws MalformedFileException when a page of the column would not unpack to what its header says
     */
    static void check(Path path, FileMetaData metadata, int column, boolean repeated) {
        try (MappedFile file = new MappedFile(path)) {
            ParquetPages pages = new ParquetPages(file);
            for (RowGroup group : metadata.rowGroups()) {
                ColumnMetaData chunk = group.columns().get(column).metaData();
                Long dictionary = chunk.dictionaryPageOffset();
                long data = chunk.dataPageOffset();
                long start = dictionary != null && dictionary > 0 ? Math.min(dictionary, data) : data;
                long values =
                        pages.checkChunk(start, chunk.totalCompressedSize(), chunk.codec() == CompressionCodec.SNAPPY);
                pages.require(
                        values == chunk.numValues() && (repeated || values == group.numRows()),
                        "its pages hold " + values + " values for " + group.numRows() + " rows");
            }
        }
    }

    /** Returns the number of values in the chunk's data pages. */
    private long checkChunk(long start, long bytes, boolean snappy) {
        require(start >= 0 && bytes >= 0 && start <= file.size() - bytes, "a column lies outside the file");
        at = start;
        end = start + bytes;
        long values = 0;
        while (at < end) {
            Arrays.fill(page, 0);
            Arrays.fill(details, 0);
            kind = 0;
            struct(0, 0);
            long unpacked = page[2];
            long packed = page[3];
            long levels = kind == DATA_PAGE_2 ? details[5] + details[6] : 0;
            require(unpacked >= 0 && unpacked <= MAXIMUM_PAGE_BYTES, "a page of " + unpacked + " bytes");
            require(packed >= 0 && packed <= end - at && levels >= 0 && levels <= packed, "a page is cut short");
            require(details[1] >= 0 && details[1] <= Integer.MAX_VALUE, "a page of " + details[1] + " values");
            // Each text of a dictionary has its length before it.
            require(
                    kind != DICTIONARY_PAGE || details[1] <= unpacked / Integer.BYTES,
                    "a dictionary has more values than bytes");
            values += kind == DATA_PAGE || kind == DATA_PAGE_2 ? details[1] : 0;
            long next = at + packed;
            if (snappy && packed > levels) {
                at += levels;
                require(varint() == unpacked - levels, "a page does not unpack to the size it should have");
            }
            at = next;
        }
        return values;
    }

    /** Reads a struct. Depth 0 is the page header; {@code within} is the field of it that deeper ones belong to. */
    private void struct(int depth, int within) {
        require(depth < MAXIMUM_DEPTH, "a page header is nested too deeply");
        int field = 0;
        while (true) {
            int head = next();
            if (head == 0) {
                return;
            }
            field = head >>> 4 != 0 ? field + (head >>> 4) : (int) zigzag();
            value(head & 15, depth, within, field);
        }
    }

    private void value(int type, int depth, int within, int field) {
        switch (type) {
            case BOOLEAN_TRUE, BOOLEAN_FALSE -> {}
            case 3 -> at++;
            case 4, 5, 6 -> {
                long number = zigzag();
                if (depth == 0 && field > 0 && field < page.length) {
                    page[field] = number;
                } else if (depth == 1 && within == kind && field > 0 && field < details.length) {
                    details[field] = number;
                }
            }
            case 7 -> at += Double.BYTES;
            case 8 -> {
                long length = varint();
                require(length >= 0 && length <= end - at, "a page header is cut short");
                at += length;
            }
            case STRUCT -> {
                if (depth == 0 && (field == DATA_PAGE || field == DICTIONARY_PAGE || field == DATA_PAGE_2)) {
                    kind = field;
                }
                struct(depth + 1, depth == 0 ? field : within);
            }
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
