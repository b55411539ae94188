package dev.cria.model.gguf;

import dev.cria.base.MalformedFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The metadata of a file: keys known, values decoded when they are asked for. Valid while the file is open. */
public final class GgufMetadata {
    private static final int LONGEST_STRING = 16 << 20;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Where a value lies.
     *
     * @param type its type
     * @param begin its first byte in the file, after the type
     * @param end the byte after its last
     */
    record Place(GgufValueType type, long begin, long end) {}

    private final Path path;
    private final MemorySegment file;
    private final Map<String, Place> places;

    GgufMetadata(Path path, MemorySegment file, Map<String, Place> places) {
        this.path = path;
        this.file = file;
        this.places = Collections.unmodifiableMap(places);
    }

    /** Keys in the file's order. */
    public Set<String> keys() {
        return places.keySet();
    }

    /** The type of a value, if the key is there. */
    public Optional<GgufValueType> type(String key) {
        return Optional.ofNullable(places.get(key)).map(Place::type);
    }

    /**
     * A whole number of any integer type, if the key is there.
     *
     * @throws MalformedFileException if it is no whole number, or one above 2⁶³
     */
    public OptionalLong integer(String key) {
        Place place = places.get(key);
        if (place == null) {
            return OptionalLong.empty();
        }
        if (!place.type().isInteger()) {
            throw wrongType(key, place, "a whole number");
        }
        long value = integer(place);
        if (place.type() == GgufValueType.UINT64 && value < 0) {
            throw GgufCursor.malformed(
                    path, place.begin(), "metadata '" + key + "' is " + Long.toUnsignedString(value));
        }
        return OptionalLong.of(value);
    }

    /**
     * A number of any type, if the key is there. A float32 is taken as the shortest decimal that gives it: 1e-5, not 9.99999974e-6.
     *
     * @throws MalformedFileException if it is no number
     */
    public Optional<Double> number(String key) {
        Place place = places.get(key);
        if (place == null) {
            return Optional.empty();
        }
        return switch (place.type()) {
            case FLOAT32 ->
                Optional.of(Double.parseDouble(Float.toString(Float.intBitsToFloat(file.get(INT, place.begin())))));
            case FLOAT64 -> Optional.of(Double.longBitsToDouble(file.get(LONG, place.begin())));
            case BOOL, STRING, ARRAY -> throw wrongType(key, place, "a number");
            default -> Optional.of((double) integer(key).orElseThrow());
        };
    }

    /**
     * A truth value, if the key is there.
     *
     * @throws MalformedFileException if it is none
     */
    public Optional<Boolean> bool(String key) {
        Place place = places.get(key);
        if (place == null) {
            return Optional.empty();
        }
        if (place.type() != GgufValueType.BOOL) {
            throw wrongType(key, place, "true or false");
        }
        return Optional.of(file.get(ValueLayout.JAVA_BYTE, place.begin()) != 0);
    }

    /**
     * A text, if the key is there; what is no UTF-8 becomes U+FFFD.
     *
     * @throws MalformedFileException if it is no text, or longer than 16 MB
     */
    public Optional<String> string(String key) {
        Place place = places.get(key);
        if (place == null) {
            return Optional.empty();
        }
        if (place.type() != GgufValueType.STRING) {
            throw wrongType(key, place, "a text");
        }
        long length = place.end() - place.begin() - 8;
        if (length > LONGEST_STRING) {
            throw GgufCursor.malformed(
                    path,
                    place.begin(),
                    "metadata '" + key + "' has " + length + " bytes; " + LONGEST_STRING + " are allowed");
        }
        byte[] bytes = file.asSlice(place.begin() + 8, length).toArray(ValueLayout.JAVA_BYTE);
        return Optional.of(new String(bytes, StandardCharsets.UTF_8));
    }

    /**
     * An array, if the key is there.
     *
     * @throws MalformedFileException if it is none
     */
    public Optional<GgufArray> array(String key) {
        Place place = places.get(key);
        if (place == null) {
            return Optional.empty();
        }
        if (place.type() != GgufValueType.ARRAY) {
            throw wrongType(key, place, "an array");
        }
        GgufValueType element = GgufValueType.of(file.get(INT, place.begin()))
                .orElseThrow(() -> new IllegalStateException("was checked"));
        long first = place.begin() + 12;
        return Optional.of(new GgufArray(
                path,
                key,
                element,
                file.get(LONG, place.begin() + 4),
                first,
                file.asSlice(first, place.end() - first)));
    }

    /** Any value, as a Long, Double, Boolean, String or {@link GgufArray}; an unsigned 64-bit number above 2⁶³ as its digits. */
    public Optional<Object> value(String key) {
        Place place = places.get(key);
        if (place == null) {
            return Optional.empty();
        }
        return Optional.of(
                switch (place.type()) {
                    case FLOAT32, FLOAT64 -> number(key).orElseThrow();
                    case BOOL -> bool(key).orElseThrow();
                    case STRING -> string(key).orElseThrow();
                    case ARRAY -> array(key).orElseThrow();
                    case UINT64 -> {
                        long value = integer(place);
                        yield value < 0 ? Long.toUnsignedString(value) : (Object) value;
                    }
                    default -> integer(place);
                });
    }

    /** The first byte of a value in the file, for messages; -1 where the key is missing. */
    public long offset(String key) {
        Place place = places.get(key);
        return place == null ? -1 : place.begin();
    }

    /** A value as it stands in the file, to be written to another. */
    public GgufValue copy(String key) {
        Place place = places.get(key);
        if (place == null) {
            throw new IllegalArgumentException("no metadata '" + key + "'");
        }
        return GgufValue.raw(
                place.type(),
                file.asSlice(place.begin(), place.end() - place.begin()).toArray(ValueLayout.JAVA_BYTE));
    }

    private long integer(Place place) {
        long at = place.begin();
        return switch (place.type()) {
            case UINT8 -> file.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
            case INT8 -> file.get(ValueLayout.JAVA_BYTE, at);
            case UINT16 -> file.get(SHORT, at) & 0xFFFF;
            case INT16 -> file.get(SHORT, at);
            case UINT32 -> file.get(INT, at) & 0xFFFFFFFFL;
            case INT32 -> file.get(INT, at);
            case UINT64, INT64 -> file.get(LONG, at);
            case FLOAT32, BOOL, STRING, ARRAY, FLOAT64 -> throw new IllegalStateException("checked by the caller");
        };
    }

    private MalformedFileException wrongType(String key, Place place, String expected) {
        return GgufCursor.malformed(
                path,
                place.begin(),
                "metadata '" + key + "' is of type " + place.type() + " where " + expected + " belongs");
    }
}
