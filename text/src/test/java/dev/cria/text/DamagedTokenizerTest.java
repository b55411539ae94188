package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files are refused, in one way: a UserError. Those that still load can be used. */
class DamagedTokenizerTest {
    private static byte[] model;
    private static byte[] json;

    @BeforeAll
    static void train(@TempDir Path dir) throws Exception {
        SmallTokenizer.train(330).save(dir);
        model = Files.readAllBytes(dir.resolve("tokenizer.model"));
        json = Files.readAllBytes(dir.resolve("tokenizer.json"));
    }

    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = original.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
                case 3 -> { // a stretch is repeated elsewhere
                    int from = random.nextInt(bytes.length);
                    int length = Math.min(1 + random.nextInt(40), bytes.length - Math.max(from, at));
                    System.arraycopy(bytes.clone(), from, bytes, at, length);
                }
                case 4 -> { // a stretch is missing
                    int length = Math.min(1 + random.nextInt(40), bytes.length - at);
                    byte[] shorter = new byte[bytes.length - length];
                    System.arraycopy(bytes, 0, shorter, 0, at);
                    System.arraycopy(bytes, at + length, shorter, at, shorter.length - at);
                    bytes = shorter.length == 0 ? new byte[1] : shorter;
                }
                default -> bytes[at] = new byte[] {(byte) 0xFF, 0, 0x7F, (byte) 0x80, '"', '}'}[random.nextInt(6)];
            }
        }
        return bytes;
    }

    private static int tryAll(byte[] original, String name, Path dir, int rounds, long seed) throws Exception {
        Random random = new Random(seed);
        Path file = dir.resolve(name);
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            Files.write(file, mutate(original, random));
            Tokenizer tokenizer;
            try {
                tokenizer = Tokenizers.load(file);
            } catch (UserError e) {
                assertThat(e.what()).contains(name);
                refused++;
                continue;
            }
            int[] ids = tokenizer.encode("The cria </s> \u00e9\ud83d\ude00  12\n" + "a".repeat(100));
            tokenizer.encodeWithSpecial("The <s>cria </s>");
            for (int id : ids) {
                assertThat(id).isBetween(0, tokenizer.vocabularySize() - 1);
            }
            tokenizer.decode(ids);
            tokenizer.fingerprint();
        }
        return refused;
    }

    @Timeout(60)
    @Test
    void threeHundredDamagedFiles(@TempDir Path dir) throws Exception {
        assertThat(tryAll(model, "tokenizer.model", dir, 300, 1)).isBetween(50, 299);
        assertThat(tryAll(json, "tokenizer.json", dir, 300, 2)).isBetween(50, 299);
    }

    @Tag("slow")
    @Timeout(900)
    @Test
    void tenThousandDamagedFiles(@TempDir Path dir) throws Exception {
        assertThat(tryAll(model, "tokenizer.model", dir, 10_000, 3)).isGreaterThan(1000);
        assertThat(tryAll(json, "tokenizer.json", dir, 10_000, 4)).isGreaterThan(1000);
    }

    private static void refuse(Path dir, String name, byte[] bytes, String... words) throws Exception {
        Path file = dir.resolve(name);
        Files.write(file, bytes);
        assertThatThrownBy(() -> Tokenizers.load(file))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(name)
                .satisfies(e -> assertThat(e.getMessage()).contains(words))
                .satisfies(e -> assertThat(((UserError) e).hint()).isNotEmpty());
    }

    @Test
    void saysWhatIsWrong(@TempDir Path dir) throws Exception {
        refuse(dir, "empty.model", new byte[0], "pieces");
        refuse(dir, "empty.json", new byte[0], "JSON");
        refuse(
                dir,
                "length.model",
                new byte[] {0x0A, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x07},
                "at byte 1",
                "left");
        refuse(dir, "array.json", "[]".getBytes(StandardCharsets.UTF_8), "object");
        byte[] unigram = new ProtobufWriter()
                .message(1, new ProtobufWriter().string(1, "<unk>").int32(3, 2))
                .message(2, new ProtobufWriter().int32(3, 1))
                .toBytes();
        refuse(dir, "unigram.model", unigram, "unigram", "bpe");
        String text = new String(json, StandardCharsets.UTF_8);
        refuse(
                dir,
                "wordpiece.json",
                text.replace("\"BPE\"", "\"WordPiece\"").getBytes(StandardCharsets.UTF_8),
                "WordPiece");
        refuse(dir, "nfkc.json", text.replace("\"Prepend\"", "\"NFKC\"").getBytes(StandardCharsets.UTF_8), "NFKC");
        refuse(
                dir,
                "bytelevel.json",
                text.replace("\"pre_tokenizer\":null", "\"pre_tokenizer\":{\"type\":\"ByteLevel\"}")
                        .getBytes(StandardCharsets.UTF_8),
                "ByteLevel");
        assertThatThrownBy(() -> Tokenizers.load(dir.resolve("absent.model"))).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> Tokenizers.load(Files.createDirectory(dir.resolve("none"))))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no tokenizer");
    }

    @Test
    void namesTheByteOfTheDamage(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("tokenizer.model");
        Files.write(file, Arrays.copyOf(model, model.length / 2));
        assertThatThrownBy(() -> Tokenizers.load(file))
                .isInstanceOf(MalformedFileException.class)
                .satisfies(
                        e -> assertThat(((MalformedFileException) e).offset()).isPositive());
    }

    @Test
    void takesTheModelWhereTheJsonAsksForTheUnknown(@TempDir Path dir) throws Exception {
        Files.write(dir.resolve("tokenizer.model"), model);
        Files.writeString(
                dir.resolve("tokenizer.json"),
                new String(json, StandardCharsets.UTF_8).replace("\"Prepend\"", "\"NFKC\""));
        assertThat(Tokenizers.load(dir)).isInstanceOf(SentencePieceTokenizer.class);
    }
}
