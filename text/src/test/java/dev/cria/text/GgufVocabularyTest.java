package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Tokenizers from and to the vocabulary of a GGUF file, against the references and against the files they came from. */
class GgufVocabularyTest {
    @Test
    void encodesAndDecodesEveryRowAsSentencePiece() throws Exception {
        Tokenizer gguf = Tokenizers.of(GgufVocabulary.of(Golden.llama2Model()));
        for (JsonNode row : Golden.rows("golden/tokenizer/encode.jsonl")) {
            String text = row.path("text").stringValue();
            int[] spm = Golden.ids(row.path("spm"));
            assertThat(gguf.encode(text)).as(text).isEqualTo(spm);
            assertThat(gguf.encodeWithSpecial(text))
                    .as(text)
                    .isEqualTo(row.path("hf").isNull() ? spm : Golden.ids(row.path("hf")));
        }
        for (JsonNode row : Golden.rows("golden/tokenizer/decode.jsonl")) {
            assertThat(gguf.decode(Golden.ids(row.path("ids"))))
                    .isEqualTo(row.path("spm").stringValue());
        }
    }

    @Test
    void encodesLlamaCppsExpectations() throws Exception {
        Path directory = ReferenceData.require("golden/llama.cpp-vocab");
        Tokenizer gguf = Tokenizers.of(GgufVocabulary.of(Golden.llama2Json()));
        String[] texts = Files.readString(directory.resolve("ggml-vocab-tinyllama.gguf.inp"))
                .split("\n__ggml_vocab_test__\n", -1);
        List<String> lines = Files.readAllLines(directory.resolve("ggml-vocab-tinyllama.gguf.out"));
        assertThat(lines.size()).isBetween(11, texts.length);
        for (int i = 0; i < lines.size(); i++) {
            int[] ids = Arrays.stream(lines.get(i).trim().split("\\s+"))
                    .filter(s -> !s.isEmpty())
                    .mapToInt(Integer::parseInt)
                    .toArray();
            assertThat(gguf.encodeWithSpecial(texts[i])).as(texts[i]).isEqualTo(ids);
        }
    }

    @Test
    void bothFilesOfLlama2GiveTheSameMerges() {
        GgufVocabulary model = GgufVocabulary.of(Golden.llama2Model());
        assertThat(model.size()).isEqualTo(32000);
        assertThat(model.types()[0]).isEqualTo(GgufVocabulary.UNKNOWN);
        assertThat(model.types()[2]).isEqualTo(GgufVocabulary.CONTROL);
        assertThat(model.types()[3]).isEqualTo(GgufVocabulary.BYTE);
        assertThat(model.scores()[260]).isEqualTo(-1f);
        assertThat(model.scores()[31999]).isEqualTo(-31740f);
        GgufVocabulary json = GgufVocabulary.of(Golden.llama2Json());
        assertThat(json.pieces()).isEqualTo(model.pieces());
        assertThat(json.types()).isEqualTo(model.types());
        assertThat(Tokenizers.of(json).fingerprint())
                .isEqualTo(Golden.llama2Json().fingerprint());
        assertThat(GgufVocabulary.of(Tokenizers.of(model))).isEqualTo(model);
        assertThat(Tokenizers.of(model).fingerprint())
                .isEqualTo(Golden.llama2Model().fingerprint());
    }

    @Test
    void savesHuggingFaceFiles(@TempDir Path dir) throws Exception {
        Tokenizer gguf = Tokenizers.of(GgufVocabulary.of(Golden.llama2Model()));
        Tokenizers.save(gguf, Optional.of("{{ messages[0].content }}{{ eos_token }}"), dir);
        Tokenizer json = Tokenizers.load(dir.resolve("tokenizer.json"));
        Tokenizer model = Tokenizers.load(dir.resolve("tokenizer.model"));
        for (Tokenizer saved : List.of(json, model)) {
            assertThat(saved.fingerprint()).isEqualTo(gguf.fingerprint());
        }
        assertThat(GgufVocabulary.of(model)).isEqualTo(GgufVocabulary.of(gguf));
        assertThat(ChatTemplate.load(dir).render(List.of(new ChatMessage("user", "Hi")), false))
                .isEqualTo("Hi</s>");
        Path bare = dir.resolve("bare");
        Tokenizers.save(gguf, Optional.empty(), bare);
        assertThat(ChatTemplate.find(bare)).isEmpty();
    }

    /** Ids 0 to 258: unknown, BOS, EOS, bytes; then the pieces, with scores 0, -1, -2 ... */
    private static GgufVocabulary small(List<String> pieces, Map<String, Byte> types) {
        List<String> all = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        for (int value = 0; value < 256; value++) {
            all.add(BpeModel.bytePiece(value));
        }
        all.addAll(pieces);
        float[] scores = new float[all.size()];
        byte[] kinds = new byte[all.size()];
        for (int id = 0; id < kinds.length; id++) {
            kinds[id] = id == 0 ? GgufVocabulary.UNKNOWN : id < 3 ? GgufVocabulary.CONTROL : GgufVocabulary.BYTE;
            if (id >= 259) {
                scores[id] = 259 - id;
                kinds[id] = types.getOrDefault(all.get(id), GgufVocabulary.NORMAL);
            }
        }
        return new GgufVocabulary(
                all, scores, kinds, 1, 2, OptionalInt.of(0), OptionalInt.empty(), true, false, true, false);
    }

    private static final List<String> PIECES = List.of("ab", "a", "b", "\u2581", "\u2581a", "<x>", "[PAD265]");
    private static final int AB = 259;
    private static final int A = 260;
    private static final int B = 261;
    private static final int MARK = 262;
    private static final int MARK_A = 263;
    private static final int X = 264;

    @Test
    void cutsAtUserDefinedPiecesAsLlamaCppDoes(@TempDir Path dir) throws Exception {
        GgufVocabulary vocabulary =
                small(PIECES, Map.of("<x>", GgufVocabulary.USER_DEFINED, "[PAD265]", GgufVocabulary.UNUSED));
        Tokenizer tokenizer = Tokenizers.of(vocabulary);
        assertThat(tokenizer.encode("b<x>ab")).containsExactly(MARK, B, X, MARK, AB);
        assertThat(tokenizer.decode(new int[] {MARK, B, X, AB})).isEqualTo("b<x>ab");
        assertThat(tokenizer.isSpecial(X)).isFalse();
        Tokenizers.save(tokenizer, Optional.empty(), dir);
        assertThat(Tokenizers.load(dir).encode("b<x>ab")).containsExactly(MARK, B, X, MARK, AB);
        assertThat(GgufVocabulary.of(Tokenizers.load(dir.resolve("tokenizer.json")))
                        .types()[X])
                .isEqualTo(GgufVocabulary.USER_DEFINED);
    }

    @Test
    void controlPiecesAreFoundWhereAskedForAndEosAlwaysIsOne() {
        GgufVocabulary made = small(PIECES, Map.of());
        GgufVocabulary chat = new GgufVocabulary(
                made.pieces(),
                made.scores(),
                made.types(),
                1,
                X,
                OptionalInt.empty(),
                OptionalInt.of(2),
                false,
                true,
                false,
                true);
        Tokenizer tokenizer = Tokenizers.of(chat);
        assertThat(tokenizer.eosId()).isEqualTo(X);
        assertThat(tokenizer.isSpecial(X)).isTrue();
        assertThat(tokenizer.addsBos()).isFalse();
        assertThat(tokenizer.addsEos()).isTrue();
        assertThat(tokenizer.padId()).hasValue(2);
        assertThat(tokenizer.encodeWithSpecial("ab<x>")).containsExactly(AB, X);
        assertThat(tokenizer.encode("ab<x>")).doesNotContain(X);
        assertThat(tokenizer.encode("  ab   ab ")).containsExactly(AB, MARK, AB);
        assertThat(tokenizer.encode(" b")).containsExactly(B);
    }

    @Test
    void fillsUpToTheSizeOfTheEmbedding() {
        GgufVocabulary padded = small(PIECES, Map.of()).padded(300);
        Tokenizer tokenizer = Tokenizers.of(padded);
        assertThat(tokenizer.vocabularySize()).isEqualTo(300);
        assertThat(tokenizer.piece(299)).isEqualTo("[PAD299]");
        assertThat(tokenizer.encode("ab a")).containsExactly(MARK, AB, MARK_A);
        assertThatThrownBy(() -> padded.padded(299)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theStoriesFileHoldsTheVocabularyOfItsModel() throws Exception {
        Map<String, Object> metadata =
                metadata(Files.readAllBytes(ReferenceData.require("golden/quant/stories260k-f32.gguf")));
        Tokenizer model = Tokenizers.load(ReferenceData.require("golden/stories260k-hf/tokenizer.model"));
        Tokenizer json = Tokenizers.load(ReferenceData.require("golden/stories260k-hf/tokenizer.json"));
        GgufVocabulary exported = GgufVocabulary.of(model);
        assertThat(exported.removeExtraWhitespaces()).isTrue();
        assertThat(metadata.get("tokenizer.ggml.tokens")).isEqualTo(exported.pieces());
        List<?> scores = (List<?>) metadata.get("tokenizer.ggml.scores");
        List<?> types = (List<?>) metadata.get("tokenizer.ggml.token_type");
        float[] fileScores = new float[scores.size()];
        byte[] fileTypes = new byte[types.size()];
        for (int id = 0; id < fileScores.length; id++) {
            fileScores[id] = (Float) scores.get(id);
            fileTypes[id] = ((Integer) types.get(id)).byteValue();
        }
        assertThat(fileScores).isEqualTo(exported.scores());
        assertThat(fileTypes).isEqualTo(exported.types());
        Tokenizer gguf = Tokenizers.of(new GgufVocabulary(
                exported.pieces(),
                fileScores,
                fileTypes,
                ((Number) metadata.get("tokenizer.ggml.bos_token_id")).intValue(),
                ((Number) metadata.get("tokenizer.ggml.eos_token_id")).intValue(),
                OptionalInt.of(0),
                OptionalInt.empty(),
                true,
                false,
                true,
                false));
        // The file says nothing of spaces, and llama.cpp keeps them, as tokenizer.json does.
        assertThat(gguf.encode("a  b")).isEqualTo(json.encode("a  b"));
        String story = "Once upon a time, there was a little girl named Lily.\n\u00e9 \ud83d\ude00 She \t had 12 cats.";
        assertThat(gguf.encode(story)).isEqualTo(json.encode(story));
    }

    /** The key-value pairs of a GGUF file that is known to be good. */
    private static Map<String, Object> metadata(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        in.position(16);
        long count = in.getLong();
        Map<String, Object> metadata = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            metadata.put(text(in), value(in, in.getInt()));
        }
        return metadata;
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[(int) in.getLong()];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Object value(ByteBuffer in, int type) {
        return switch (type) {
            case 0, 1, 7 -> (int) in.get();
            case 2, 3 -> (int) in.getShort();
            case 4, 5 -> in.getInt();
            case 6 -> in.getFloat();
            case 8 -> text(in);
            case 9 -> {
                int element = in.getInt();
                long size = in.getLong();
                List<Object> list = new ArrayList<>();
                for (long i = 0; i < size; i++) {
                    list.add(value(in, element));
                }
                yield list;
            }
            default -> in.getLong();
        };
    }

    @Test
    void theSameMergesComeOfATrainedTokenizersJson(@TempDir Path dir) throws Exception {
        SmallTokenizer.train(400).save(dir);
        Tokenizer json = Tokenizers.load(dir.resolve("tokenizer.json"));
        Tokenizer gguf = Tokenizers.of(GgufVocabulary.of(json));
        assertThat(gguf.fingerprint()).isEqualTo(json.fingerprint());
        assertThat(gguf.encode(SmallTokenizer.TEXT)).isEqualTo(json.encode(SmallTokenizer.TEXT));
    }

    @Test
    void refusesWhatAGgufFileCannotSay(@TempDir Path dir) throws Exception {
        SmallTokenizer.train(330).save(dir);
        Path file = dir.resolve("tokenizer.json");
        Files.writeString(
                file,
                Files.readString(file)
                        .replace("\"Prepend\"", "\"Replace\"")
                        .replace("\"prepend\":\"\u2581\"", "\"pattern\":{\"String\":\"x\"},\"content\":\"y\""));
        Tokenizer other = Tokenizers.load(file);
        assertThatThrownBy(() -> GgufVocabulary.of(other))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("normalises");
    }
}
