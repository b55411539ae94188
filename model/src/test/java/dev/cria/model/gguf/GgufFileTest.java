package dev.cria.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.model.GgufModel;
import dev.cria.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a file says is read as it stands; whatever breaks a rule of the format is refused, by name and place. */
class GgufFileTest {
    @TempDir
    private Path directory;

    private GgufFile open(GgufBytes bytes) throws IOException {
        return GgufFile.open(Files.write(directory.resolve("m.gguf"), bytes.bytes()));
    }

    private void refused(GgufBytes bytes, String what) throws IOException {
        Path file = Files.write(directory.resolve("m.gguf"), bytes.bytes());
        assertThatThrownBy(() -> GgufFile.open(file).close())
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(what);
    }

    /** Two tensors and one value. */
    private static GgufBytes good() {
        return GgufBytes.header(2, 1)
                .value("general.architecture", "llama")
                .tensor("a", 0, 0, 4, 2)
                .tensor("b", 8, 32, 32)
                .data(32, 66);
    }

    @Test
    void readsEveryTypeOfMetadata() throws IOException {
        GgufBytes bytes = GgufBytes.header(0, 16)
                .key("u8", GgufValueType.UINT8)
                .u8(0xFF)
                .key("i8", GgufValueType.INT8)
                .u8(0xFF)
                .key("u16", GgufValueType.UINT16)
                .u8(0xFE)
                .u8(0xFF)
                .key("i16", GgufValueType.INT16)
                .u8(0xFE)
                .u8(0xFF)
                .key("u32", GgufValueType.UINT32)
                .u32(-1)
                .key("i32", GgufValueType.INT32)
                .u32(-1)
                .key("f32", GgufValueType.FLOAT32)
                .f32(1e-5f)
                .key("bool", GgufValueType.BOOL)
                .u8(1)
                .key("string", GgufValueType.STRING)
                .string("Grüße")
                .key("u64", GgufValueType.UINT64)
                .u64(7)
                .key("i64", GgufValueType.INT64)
                .u64(-7)
                .key("f64", GgufValueType.FLOAT64)
                .u64(Double.doubleToLongBits(0.1))
                .key("strings", GgufValueType.ARRAY)
                .u32(8)
                .u64(3)
                .string("a")
                .string("")
                .string("▁c")
                .key("floats", GgufValueType.ARRAY)
                .u32(6)
                .u64(2)
                .f32(1)
                .f32(-2)
                .key("nested", GgufValueType.ARRAY)
                .u32(9)
                .u64(2)
                .u32(5)
                .u64(1)
                .u32(9)
                .u32(8)
                .u64(0)
                .key("huge", GgufValueType.UINT64)
                .u64(-1);
        try (GgufFile file = open(bytes)) {
            GgufMetadata metadata = file.metadata();
            assertThat(file.version()).isEqualTo(3);
            assertThat(metadata.integer("u8")).hasValue(255);
            assertThat(metadata.integer("i8")).hasValue(-1);
            assertThat(metadata.integer("u16")).hasValue(0xFFFE);
            assertThat(metadata.integer("i16")).hasValue(-2);
            assertThat(metadata.integer("u32")).hasValue(0xFFFFFFFFL);
            assertThat(metadata.integer("i32")).hasValue(-1);
            assertThat(metadata.integer("u64")).hasValue(7);
            assertThat(metadata.integer("i64")).hasValue(-7);
            assertThat(metadata.number("f32")).hasValue(1e-5);
            assertThat(metadata.number("f64")).hasValue(0.1);
            assertThat(metadata.number("i64")).hasValue(-7.0);
            assertThat(metadata.bool("bool")).hasValue(true);
            assertThat(metadata.string("string")).hasValue("Grüße");
            assertThat(metadata.array("strings").orElseThrow().strings()).containsExactly("a", "", "▁c");
            assertThat(metadata.array("floats").orElseThrow().floats()).containsExactly(1, -2);
            assertThat(metadata.array("nested").orElseThrow()).hasToString("ARRAY[2]");
            assertThat(metadata.value("huge")).hasValue("18446744073709551615");
            assertThat(metadata.integer("absent")).isEmpty();
            assertThat(metadata.keys()).hasSize(16).startsWith("u8", "i8");
            assertThatThrownBy(() -> metadata.integer("huge")).hasMessageContaining("'huge' is 184");
            assertThatThrownBy(() -> metadata.integer("f32")).hasMessageContaining("a whole number belongs");
            assertThatThrownBy(() -> metadata.number("string")).hasMessageContaining("a number belongs");
            assertThatThrownBy(() -> metadata.string("u8")).hasMessageContaining("a text belongs");
            assertThatThrownBy(() -> metadata.bool("u8")).hasMessageContaining("true or false belongs");
            assertThatThrownBy(() -> metadata.array("u8")).hasMessageContaining("an array belongs");
            assertThatThrownBy(() -> metadata.array("floats").orElseThrow().strings())
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining("FLOAT32 where STRING");
            assertThatThrownBy(() -> metadata.array("nested").orElseThrow().ints())
                    .isInstanceOf(MalformedFileException.class);
        }
    }

    @Test
    void readsTensorsRowsFirstInBothVersions() throws IOException {
        byte[] bytes = good().bytes();
        for (int version : new int[] {2, 3}) {
            bytes[4] = (byte) version;
            try (GgufFile file = GgufFile.open(Files.write(directory.resolve("m.gguf"), bytes))) {
                assertThat(file.version()).isEqualTo(version);
                assertThat(file.tensors().keySet()).containsExactly("a", "b");
                assertThat(file.tensors().get("a").describe()).isEqualTo("F32[2, 4]");
                assertThat(file.tensor("b").dtype()).isEqualTo(DType.Q8_0);
                assertThat(file.tensor("b").data().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 1))
                        .isEqualTo((byte) 33);
                assertThatThrownBy(() -> file.tensor("c"))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("no tensor 'c'");
            }
        }
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] bytes = good().bytes();
        for (int length = 0; length < bytes.length; length++) {
            Path file = Files.write(directory.resolve("m.gguf"), good().upTo(length));
            assertThatThrownBy(() -> GgufFile.open(file).close())
                    .as("%d bytes", length)
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining("m.gguf");
        }
    }

    @Test
    void magicVersionAndByteOrder() throws IOException {
        refused(new GgufBytes().ascii("GGML").u32(3).u64(0).u64(0), "does not begin with GGUF");
        refused(new GgufBytes().ascii("FUGG").u32(3).u64(0).u64(0), "big-endian");
        for (long version : new long[] {0, 1, 4, 0x03000000, 0x02000000, -1}) {
            Path file = Files.write(
                    directory.resolve("m.gguf"),
                    new GgufBytes().ascii("GGUF").u32(version).u64(0).u64(0).bytes());
            assertThatThrownBy(() -> GgufFile.open(file).close())
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining(version >>> 24 == 2 || version >>> 24 == 3 ? "big-endian" : "GGUF version");
        }
    }

    @Test
    void countsBeyondTheFile() throws IOException {
        for (long count : new long[] {-1, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE, 1000}) {
            refused(GgufBytes.header(count, 0).data(32, 64), "tensors");
            refused(GgufBytes.header(0, count).data(32, 64), "metadata values");
            refused(GgufBytes.header(0, 1).u64(count).data(32, 64), "key of metadata value 0");
            refused(
                    GgufBytes.header(0, 1)
                            .key("k", GgufValueType.STRING)
                            .u64(count)
                            .data(32, 64),
                    "'k'");
            refused(GgufBytes.header(1, 0).u64(count).data(32, 64), "name of tensor 0");
            for (GgufValueType type : GgufValueType.values()) {
                refused(
                        GgufBytes.header(0, 1)
                                .key("k", GgufValueType.ARRAY)
                                .u32(type.code())
                                .u64(count)
                                .data(32, 64),
                        "metadata 'k'");
            }
        }
        refused(GgufBytes.header(0, 70_000).data(1, 70_000 * 14), "65536 of each are allowed");
    }

    @Test
    void metadataOfUnknownOrTwiceOrTooDeep() throws IOException {
        refused(GgufBytes.header(0, 1).string("k").u32(13).data(32, 64), "unknown type 13");
        refused(GgufBytes.header(0, 1).string("k").u32(-1).data(32, 64), "unknown type 4294967295");
        refused(
                GgufBytes.header(0, 1)
                        .key("k", GgufValueType.ARRAY)
                        .u32(99)
                        .u64(0)
                        .data(32, 64),
                "unknown type 99");
        refused(GgufBytes.header(0, 1).key("", GgufValueType.UINT8).data(32, 32), "empty key");
        refused(GgufBytes.header(0, 1).key("k", GgufValueType.BOOL).u8(2), "neither true nor false");
        refused(GgufBytes.header(0, 1).u64(1).u8(0xC3).u32(0).data(32, 32), "not valid UTF-8");
        refused(GgufBytes.header(0, 2).value("k", 1).value("k", 2), "'k' stands in the header twice");
        GgufBytes deep = GgufBytes.header(0, 1).key("k", GgufValueType.ARRAY);
        for (int i = 0; i < 6; i++) {
            deep.u32(9).u64(1);
        }
        refused(deep.u32(0).u64(0), "nests arrays deeper");
    }

    @Test
    void alignmentThatIsNone() throws IOException {
        for (int alignment : new int[] {0, 3, 48, 1 << 21, -1}) {
            refused(
                    GgufBytes.header(1, 1)
                            .value("general.alignment", alignment)
                            .tensor("a", 0, 0, 4)
                            .data(64, 64),
                    "no power of two");
        }
        refused(GgufBytes.header(0, 1).value("general.alignment", "32"), "a whole number belongs");
        try (GgufFile file = open(GgufBytes.header(1, 1)
                .value("general.alignment", 128)
                .tensor("a", 0, 0, 4)
                .data(128, 16))) {
            assertThat(file.tensors().get("a").begin() % 128).isZero();
        }
    }

    @Test
    void shapesThatAreNone() throws IOException {
        refused(GgufBytes.header(1, 0).tensor("a", 0, 0).data(32, 64), "has 0 dimensions");
        refused(GgufBytes.header(1, 0).tensor("a", 0, 0, 1, 1, 1, 1, 1).data(32, 64), "has 5 dimensions");
        refused(GgufBytes.header(1, 0).string("a").u32(-1).data(32, 64), "has 4294967295 dimensions");
        refused(GgufBytes.header(1, 0).tensor("a", 0, 0, 0).data(32, 64), "a dimension of 0");
        refused(GgufBytes.header(1, 0).tensor("a", 0, 0, 4, -1).data(32, 64), "a dimension of 18446744073709551615");
        refused(GgufBytes.header(1, 0).tensor("a", 0, 0, 1L << 32, 1L << 32).data(32, 64), "overflows");
        refused(GgufBytes.header(1, 0).tensor("a", 0, 0, Long.MAX_VALUE).data(32, 64), "overflows");
        refused(GgufBytes.header(1, 0).tensor("a", 8, 0, 33).data(32, 64), "no multiple of the 32 of a Q8_0 block");
        refused(GgufBytes.header(1, 0).tensor("a", 12, 0, 128).data(32, 64), "no multiple of the 256");
        refused(GgufBytes.header(1, 0).tensor("", 0, 0, 4).data(32, 64), "empty name");
    }

    @Test
    void typesThatAreUnknownOrNotComputedWith() throws IOException {
        for (int type : new int[] {4, 5, 31, 99, -1}) {
            refused(
                    GgufBytes.header(1, 0).tensor("a", type, 0, 4).data(32, 64),
                    "unknown type " + Integer.toUnsignedString(type));
        }
        try (GgufFile file = open(GgufBytes.header(1, 0).tensor("a", 10, 0, 256).data(32, 84))) {
            assertThat(file.tensors().get("a").describe()).isEqualTo("Q2_K[256]");
            assertThat(file.tensors().get("a").elements()).isEqualTo(256);
            assertThatThrownBy(() -> file.tensor("a"))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("'a' is Q2_K[256]");
        }
    }

    @Test
    void placesThatAreWrong() throws IOException {
        refused(GgufBytes.header(1, 0).tensor("a", 0, 4, 4).data(32, 64), "no multiple of 32");
        refused(GgufBytes.header(1, 0).tensor("a", 0, -32, 4).data(32, 64), "the file ends after 64 bytes");
        refused(GgufBytes.header(1, 0).tensor("a", 0, 64, 4).data(32, 64), "the file ends after 64 bytes");
        refused(GgufBytes.header(1, 0).tensor("a", 0, Long.MAX_VALUE - 31, 4).data(32, 64), "the file ends after");
        refused(GgufBytes.header(1, 0).tensor("a", 0, 0, 1L << 50).data(32, 64), "the file ends after");
        refused(
                GgufBytes.header(2, 0)
                        .tensor("a", 0, 0, 16)
                        .tensor("b", 0, 32, 4)
                        .data(32, 64),
                "tensors 'a' and 'b' overlap");
        refused(
                GgufBytes.header(2, 0)
                        .tensor("a", 0, 32, 4)
                        .tensor("b", 0, 0, 16)
                        .data(32, 64),
                "tensors 'b' and 'a' overlap");
        refused(
                GgufBytes.header(2, 0)
                        .tensor("a", 0, 0, 4)
                        .tensor("a", 0, 32, 4)
                        .data(32, 64),
                "'a' stands in the header twice");
    }

    @Test
    void whatIsNoFile() {
        assertThatThrownBy(() -> GgufFile.open(directory))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("directory");
        assertThatThrownBy(() -> GgufFile.open(directory.resolve("none.gguf")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void findsTheOneFileOfADirectory() throws IOException {
        assertThat(GgufModel.locate(directory)).isEmpty();
        Path one = Files.write(directory.resolve("one.gguf"), good().bytes());
        assertThat(GgufModel.locate(directory)).contains(one);
        assertThat(GgufModel.locate(one)).contains(one);
        Path renamed = Files.copy(one, directory.resolve("model.bin"));
        assertThat(GgufModel.locate(renamed)).as("by its first bytes").contains(renamed);
        Files.copy(one, directory.resolve("two.gguf"));
        assertThatThrownBy(() -> GgufModel.locate(directory))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("2 GGUF files: one.gguf, two.gguf");
        Files.writeString(directory.resolve("config.json"), "{}");
        assertThat(GgufModel.locate(directory)).isEmpty();
        assertThat(List.of(directory.resolve("config.json"))).noneMatch(GgufFile::isGguf);
    }
}
