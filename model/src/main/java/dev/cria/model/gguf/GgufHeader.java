package dev.cria.model.gguf;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a GGUF file: metadata, then what there is of each tensor. Every rule of the format is checked here, so that whatever is read
 * later lies inside the file.
 */
record GgufHeader(int version, GgufMetadata metadata, Map<String, GgufTensor> tensors) {
    /** "GGUF", little-endian. */
    static final int MAGIC = 0x46554747;

    /** Where data begins at multiples of, unless the file says otherwise. */
    static final int DEFAULT_ALIGNMENT = 32;

    private static final int MAGIC_BIG_ENDIAN = 0x47475546;
    // Many times what the largest Llama has; a map of more entries would take more memory than the file.
    private static final int MOST_ENTRIES = 1 << 16;
    private static final int LONGEST_NAME = (1 << 16) - 1;
    private static final int MAXIMUM_RANK = 4;
    private static final int DEEPEST_ARRAY = 4;
    private static final int LARGEST_ALIGNMENT = 1 << 20;

    /**
     * Parses and checks the header of a mapped file.
     *
     * @throws MalformedFileException if any rule is broken
     * @throws UserError if it is a version or byte order that is not read
     */
    static GgufHeader parse(Path path, MemorySegment file) {
        GgufCursor cursor = new GgufCursor(path, file, 0);
        int version = readVersion(path, cursor);
        // A tensor takes a name's length, a rank, one dimension, a type and an offset; a value a key's length, a type
        // and a byte.
        long tensorCount = cursor.readCount(32, "tensors");
        long valueCount = cursor.readCount(14, "metadata values");
        if (tensorCount > MOST_ENTRIES || valueCount > MOST_ENTRIES) {
            throw cursor.malformed(
                    8,
                    "claims " + tensorCount + " tensors and " + valueCount + " metadata values; " + MOST_ENTRIES
                            + " of each are allowed");
        }
        GgufMetadata metadata = new GgufMetadata(path, file, readMetadata(cursor, (int) valueCount));
        List<GgufTensor> tensors = readTensors(cursor, (int) tensorCount);
        long alignment = alignment(path, metadata);
        long dataBegin = (cursor.position() + alignment - 1) / alignment * alignment;
        return new GgufHeader(version, metadata, place(path, tensors, dataBegin, alignment, file.byteSize()));
    }

    private static int readVersion(Path path, GgufCursor cursor) {
        int magic = cursor.readInt("the magic");
        if (magic != MAGIC) {
            throw cursor.malformed(
                    0,
                    magic == MAGIC_BIG_ENDIAN
                            ? "the magic is that of a big-endian file"
                            : "does not begin with GGUF, so it is no GGUF file");
        }
        int version = cursor.readInt("the version");
        if (version == 2 || version == 3) {
            return version;
        }
        if (version != 0 && (version & 0xFFFF) == 0) {
            throw new UserError(
                    path + " is a big-endian GGUF file; Cria reads little-endian ones",
                    "fetch the file for x86 or Arm machines, or convert the model again");
        }
        throw new UserError(
                path + " is GGUF version " + Integer.toUnsignedString(version) + "; Cria reads versions 2 and 3",
                "convert the model again with a current converter");
    }

    private static Map<String, GgufMetadata.Place> readMetadata(GgufCursor cursor, int count) {
        Map<String, GgufMetadata.Place> places = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            long at = cursor.position();
            String key = cursor.readString(LONGEST_NAME, "the key of metadata value " + i);
            if (key.isEmpty()) {
                throw cursor.malformed(at, "metadata value " + i + " has an empty key");
            }
            GgufValueType type = readType(cursor, key);
            long begin = cursor.position();
            pass(cursor, key, type, 0);
            if (places.put(key, new GgufMetadata.Place(type, begin, cursor.position())) != null) {
                throw cursor.malformed(at, "metadata '" + key + "' stands in the header twice");
            }
        }
        return places;
    }

    private static GgufValueType readType(GgufCursor cursor, String key) {
        long at = cursor.position();
        int code = cursor.readInt("the type of metadata '" + key + "'");
        return GgufValueType.of(code)
                .orElseThrow(() -> cursor.malformed(
                        at, "metadata '" + key + "' has the unknown type " + Integer.toUnsignedString(code)));
    }

    /** Steps over a value, whose end this finds. */
    private static void pass(GgufCursor cursor, String key, GgufValueType type, int depth) {
        switch (type) {
            case STRING -> cursor.skip(cursor.readCount(1, "bytes of metadata '" + key + "'"), key);
            case ARRAY -> passArray(cursor, key, depth);
            case BOOL -> passBool(cursor, key);
            default -> cursor.skip(type.bytes(), "metadata '" + key + "'");
        }
    }

    private static void passBool(GgufCursor cursor, String key) {
        long at = cursor.position();
        int value = cursor.readByte("metadata '" + key + "'");
        if (value != 0 && value != 1) {
            throw cursor.malformed(at, "metadata '" + key + "' is neither true nor false but " + value);
        }
    }

    private static void passArray(GgufCursor cursor, String key, int depth) {
        if (depth == DEEPEST_ARRAY) {
            throw cursor.malformed(
                    cursor.position(), "metadata '" + key + "' nests arrays deeper than " + DEEPEST_ARRAY);
        }
        GgufValueType element = readType(cursor, key);
        long least = element == GgufValueType.STRING ? 8 : element == GgufValueType.ARRAY ? 12 : element.bytes();
        long count = cursor.readCount(least, "elements of metadata '" + key + "'");
        if (element == GgufValueType.STRING) {
            String what = "a text of metadata '" + key + "'";
            String bytes = "bytes of " + what;
            for (long i = 0; i < count; i++) {
                cursor.skip(cursor.readCount(1, bytes), what);
            }
        } else if (element == GgufValueType.ARRAY) {
            for (long i = 0; i < count; i++) {
                passArray(cursor, key, depth + 1);
            }
        } else {
            cursor.skip(count * element.bytes(), "metadata '" + key + "'");
        }
    }

    /** Tensors with offsets as the file counts them, from the begin of the data. */
    private static List<GgufTensor> readTensors(GgufCursor cursor, int count) {
        List<GgufTensor> tensors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long at = cursor.position();
            String name = cursor.readString(LONGEST_NAME, "the name of tensor " + i);
            if (name.isEmpty()) {
                throw cursor.malformed(at, "tensor " + i + " has an empty name");
            }
            List<Long> shape = readShape(cursor, name);
            long typeAt = cursor.position();
            int code = cursor.readInt("the type of tensor '" + name + "'");
            GgmlType type = GgmlType.of(code)
                    .orElseThrow(() -> cursor.malformed(
                            typeAt, "tensor '" + name + "' has the unknown type " + Integer.toUnsignedString(code)));
            if (shape.getLast() % type.blockSize() != 0) {
                throw cursor.malformed(
                        at,
                        "tensor '" + name + "' has rows of " + shape.getLast() + ", no multiple of the "
                                + type.blockSize() + " of a " + type + " block");
            }
            long bytes = bytes(cursor, at, name, type, shape);
            tensors.add(
                    new GgufTensor(name, type, shape, cursor.readLong("the offset of tensor '" + name + "'"), bytes));
        }
        return tensors;
    }

    private static List<Long> readShape(GgufCursor cursor, String name) {
        long at = cursor.position();
        int rank = cursor.readInt("the rank of tensor '" + name + "'");
        if (rank < 1 || rank > MAXIMUM_RANK) {
            throw cursor.malformed(
                    at,
                    "tensor '" + name + "' has " + Integer.toUnsignedString(rank) + " dimensions; 1 to " + MAXIMUM_RANK
                            + " are allowed");
        }
        List<Long> shape = new ArrayList<>();
        for (int i = 0; i < rank; i++) {
            long dim = cursor.readLong("the shape of tensor '" + name + "'");
            if (dim < 1) {
                throw cursor.malformed(at, "tensor '" + name + "' has a dimension of " + Long.toUnsignedString(dim));
            }
            shape.addFirst(dim);
        }
        return shape;
    }

    private static long bytes(GgufCursor cursor, long at, String name, GgmlType type, List<Long> shape) {
        long bytes = type.blockBytes();
        try {
            bytes = Math.multiplyExact(bytes, shape.getLast() / type.blockSize());
            for (long dim : shape.subList(0, shape.size() - 1)) {
                bytes = Math.multiplyExact(bytes, dim);
            }
        } catch (ArithmeticException e) {
            throw cursor.malformed(at, "the shape of tensor '" + name + "' overflows");
        }
        return bytes;
    }

    private static long alignment(Path path, GgufMetadata metadata) {
        String key = "general.alignment";
        long alignment = metadata.integer(key).orElse(DEFAULT_ALIGNMENT);
        if (alignment < 1 || alignment > LARGEST_ALIGNMENT || Long.bitCount(alignment) != 1) {
            throw GgufCursor.malformed(
                    path,
                    metadata.offset(key),
                    "metadata '" + key + "' is " + alignment + ", no power of two up to " + LARGEST_ALIGNMENT);
        }
        return alignment;
    }

    /** The tensors where they lie in the file; checked to be aligned, inside it, apart, and of different names. */
    private static Map<String, GgufTensor> place(
            Path path, List<GgufTensor> tensors, long dataBegin, long alignment, long size) {
        Map<String, GgufTensor> placed = new LinkedHashMap<>();
        for (GgufTensor tensor : tensors) {
            long offset = tensor.begin();
            String name = "tensor '" + tensor.name() + "'";
            if (offset % alignment != 0) {
                throw GgufCursor.malformed(
                        path, -1, name + " begins at data byte " + offset + ", no multiple of " + alignment);
            }
            if (offset < 0 || tensor.bytes() > size - dataBegin || offset > size - dataBegin - tensor.bytes()) {
                throw GgufCursor.malformed(
                        path,
                        size,
                        name + " is " + tensor.describe() + ", " + tensor.bytes() + " bytes from data byte "
                                + Long.toUnsignedString(offset) + " on; the file ends after "
                                + Math.max(0, size - dataBegin) + " bytes of data");
            }
            GgufTensor moved =
                    new GgufTensor(tensor.name(), tensor.type(), tensor.shape(), dataBegin + offset, tensor.bytes());
            if (placed.put(tensor.name(), moved) != null) {
                throw GgufCursor.malformed(path, -1, name + " stands in the header twice");
            }
        }
        requireApart(path, placed);
        return placed;
    }

    private static void requireApart(Path path, Map<String, GgufTensor> placed) {
        List<GgufTensor> inOrder = new ArrayList<>(placed.values());
        inOrder.sort(Comparator.comparingLong(GgufTensor::begin));
        for (int i = 1; i < inOrder.size(); i++) {
            GgufTensor before = inOrder.get(i - 1);
            GgufTensor after = inOrder.get(i);
            if (after.begin() < before.end()) {
                throw GgufCursor.malformed(
                        path, after.begin(), "tensors '" + before.name() + "' and '" + after.name() + "' overlap");
            }
        }
    }
}
