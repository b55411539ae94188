package dev.cria.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.MalformedFileException;
import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
    @TempDir
    Path dir;

    private static Tensor floats(Arena arena, float... values) {
        MemorySegment memory = arena.allocate(values.length * 4L, 64);
        return Tensor.of(DType.F32, memory, values.length).copyFrom(values);
    }

    @Test
    void readsWhatItWrites() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            Tensor a = floats(arena, 1, -2, 3, 0.1f, 5, 6).reshape(2, 3);
            Tensor ids = Tensor.of(DType.I32, arena.allocate(8), 2).copyFrom(new int[] {7, -8});
            Tensor empty = Tensor.of(DType.F32, MemorySegment.NULL, 0, 4);
            Path file = dir.resolve("x.safetensors");
            SafetensorsWriter.Written written = new SafetensorsWriter()
                    .metadata("step", "12")
                    .add("a", a)
                    .add("half", a, DType.F16)
                    .add("brain", a, DType.BF16)
                    .add("ids", ids)
                    .add("empty", empty)
                    .write(file);
            byte[] bytes = Files.readAllBytes(file);
            assertThat(written.bytes()).isEqualTo(bytes.length);
            assertThat(written.sha256())
                    .isEqualTo(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
            assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0) % 8)
                    .isZero();
            try (Safetensors read = Safetensors.open(file)) {
                assertThat(read.names()).containsExactly("a", "half", "brain", "ids", "empty");
                assertThat(read.metadata()).containsEntry("format", "pt").containsEntry("step", "12");
                assertThat(read.tensor("a").dims()).containsExactly(2, 3);
                assertThat(read.tensor("a").toFloats()).isEqualTo(a.toFloats());
                assertThat(read.tensor("ids").getInt(1)).isEqualTo(-8);
                assertThat(read.tensor("half").dtype()).isEqualTo(DType.F16);
                assertThat(read.tensor("brain").byteSize()).isEqualTo(12);
                assertThat(read.tensor("empty").elements()).isZero();
                assertThat(read.bytes()).isEqualTo(24 + 12 + 12 + 8);
                assertThatThrownBy(() -> read.tensor("b"))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("no tensor 'b'");
            }
        }
    }

    /** Worked by hand: the tie 1 + 2^-8 goes down to even, 1 + 3·2^-8 up to even. */
    @ParameterizedTest
    @CsvSource({
        "1.0, 3F80",
        "1.00390625, 3F80",
        "1.01171875, 3F82",
        "-2.5, C020",
        "NaN, 7FC0",
        "Infinity, 7F80",
        "3.4e38, 7F80"
    })
    void roundsToBfloat16(float value, String hex) {
        assertThat(ElementConversion.bfloat16(value)).isEqualTo((short) Integer.parseInt(hex, 16));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 8 | twice",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | 8 | 8 bytes, but its offsets are 0 to 4",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 4 | needs 4 bytes more",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 12 | 4 bytes follow",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}} | 12 | overlap or hole",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'U8','shape':[8],'data_offsets':[0,8]}} | 8 | overlap or hole",
                "{'a':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,8]}} | 8 | overflows",
                "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | 8 | negative",
                "{'a':{'dtype':'Q9','shape':[2],'data_offsets':[0,8]}} | 8 | unknown dtype 'Q9'",
                "{'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,8]}} | 8 | no valid JSON",
                "{'a':{'dtype':'F32','shape':[2]}} | 8 | lacks its shape",
                "{'a':[[[[[[[[[1]]]]]]]]]} | 8 | START_ARRAY where START_OBJECT",
                "{} {} | 0 | goes on",
                "[1] | 0 | does not begin with",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8] | 8 | no valid JSON"
            })
    void refusesBrokenHeaders(String header, int dataBytes, String message) throws Exception {
        Path file = write(header.replace('\'', '"'), dataBytes);
        assertThatThrownBy(() -> Safetensors.open(file).close())
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    @Test
    void refusesAHeaderLengthBeyondTheFile() throws Exception {
        Path file = dir.resolve("long.safetensors");
        for (long claimed : new long[] {-1, Long.MAX_VALUE, 1000, 0}) {
            Files.write(
                    file,
                    ByteBuffer.allocate(16)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(claimed)
                            .array());
            assertThatThrownBy(() -> Safetensors.open(file).close())
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining("claims a header");
        }
        Files.write(file, new byte[5]);
        assertThatThrownBy(() -> Safetensors.open(file).close()).hasMessageContaining("too short");
        assertThatThrownBy(() ->
                        Safetensors.open(dir.resolve("absent.safetensors")).close())
                .isInstanceOf(UserError.class)
                .hasMessageContaining("does not exist");
        assertThatThrownBy(() -> Safetensors.open(Files.createDirectory(dir.resolve("empty")))
                        .close())
                .isInstanceOf(UserError.class)
                .hasMessageContaining("neither");
    }

    @Test
    void readsShardsByTheirIndex() {
        Path sharded = ReferenceData.require("golden/checkpoints/a-gqa-sharded");
        Path single = ReferenceData.require("golden/checkpoints/a-gqa");
        try (Safetensors a = Safetensors.open(sharded);
                Safetensors b = Safetensors.open(single)) {
            assertThat(a.names()).containsExactlyInAnyOrderElementsOf(b.names());
            for (String name : a.names()) {
                assertThat(a.tensor(name).toFloats()).isEqualTo(b.tensor(name).toFloats());
            }
        }
    }

    @Test
    void refusesAnIndexThatLeavesItsDirectoryOrLies() throws Exception {
        Path index = dir.resolve("model.safetensors.index.json");
        Files.writeString(index, "{\"weight_map\": {\"a\": \"../a.safetensors\"}}");
        assertThatThrownBy(() -> Safetensors.open(dir).close()).hasMessageContaining("no .safetensors file beside it");
        Files.writeString(index, "{\"weight_map\": {\"a\": \"a.safetensors\"}}");
        assertThatThrownBy(() -> Safetensors.open(dir).close()).hasMessageContaining("a.safetensors does not exist");
        Files.move(write("{}", 0), dir.resolve("a.safetensors"));
        assertThatThrownBy(() -> Safetensors.open(dir).close()).hasMessageContaining("has no such tensor");
        Files.writeString(index, "{}");
        assertThatThrownBy(() -> Safetensors.open(dir).close()).hasMessageContaining("weight_map");
    }

    @Test
    void leavesNothingBehindWhenItCannotWrite() throws Exception {
        Path notThere = dir.resolve("absent/x.safetensors");
        assertThatThrownBy(() -> new SafetensorsWriter().write(notThere))
                .isInstanceOfSatisfying(
                        UserError.class, e -> assertThat(e.exitCode()).isEqualTo(UserError.FAILED));
        try (var files = Files.list(dir)) {
            assertThat(files).isEmpty();
        }
    }

    private Path write(String header, int dataBytes) throws Exception {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        Path file = dir.resolve("made.safetensors");
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(file, bytes.putLong(text.length).put(text).array());
        return file;
    }
}
