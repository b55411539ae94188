package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Every row of the reference data, exactly. */
class GoldenTokenizerTest {
    private static JsonNode orElse(JsonNode row, String key, String otherwise) {
        return row.path(key).isNull() ? row.path(otherwise) : row.path(key);
    }

    @Test
    void encodesEveryRowAsTheReferences() throws Exception {
        Tokenizer model = Golden.llama2Model();
        Tokenizer json = Golden.llama2Json();
        List<JsonNode> rows = Golden.rows("golden/tokenizer/encode.jsonl");
        assertThat(rows).hasSize(540);
        for (JsonNode row : rows) {
            String text = row.path("text").stringValue();
            int[] spm = Golden.ids(row.path("spm"));
            int[] hf = Golden.ids(orElse(row, "hf", "spm"));
            int[] raw = Golden.ids(orElse(row, "hf_raw", "spm"));
            assertThat(model.encode(text)).as("spm %s", text).isEqualTo(spm);
            assertThat(json.encode(text)).as("hf_raw %s", text).isEqualTo(raw);
            assertThat(json.encodeWithSpecial(text)).as("hf %s", text).isEqualTo(hf);
            assertThat(model.encodeWithSpecial(text))
                    .as("model, special %s", text)
                    .isEqualTo(hf);
            assertThat(model.decode(spm))
                    .as("decoded %s", text)
                    .isEqualTo(orElse(row, "spm_decoded", "text").stringValue());
        }
    }

    @Test
    void decodesEveryRowAsTheReferences() throws Exception {
        Tokenizer model = Golden.llama2Model();
        Tokenizer json = Golden.llama2Json();
        List<JsonNode> rows = Golden.rows("golden/tokenizer/decode.jsonl");
        assertThat(rows).hasSize(202);
        for (JsonNode row : rows) {
            int[] ids = Golden.ids(row.path("ids"));
            assertThat(model.decode(ids))
                    .as("spm %s", row)
                    .isEqualTo(row.path("spm").stringValue());
            assertThat(json.decode(ids))
                    .as("hf_skip %s", row)
                    .isEqualTo(row.path("hf_skip").stringValue());
            assertThat(json.decodeWithSpecial(ids))
                    .as("hf_keep %s", row)
                    .isEqualTo(row.path("hf_keep").stringValue());
            for (int i = 0; i < ids.length; i++) {
                assertThat(model.piece(ids[i]))
                        .isEqualTo(row.path("pieces").get(i).stringValue());
                assertThat(json.piece(ids[i]))
                        .isEqualTo(row.path("pieces").get(i).stringValue());
            }
        }
    }

    @Test
    void decodesEveryPrefixInOnePieceAndStreaming() throws Exception {
        Tokenizer model = Golden.llama2Model();
        Tokenizer json = Golden.llama2Json();
        for (JsonNode row : Golden.rows("golden/tokenizer/decode_prefixes.jsonl")) {
            int[] ids = Golden.ids(row.path("ids"));
            checkPrefixes(model, ids, row.path("spm_prefixes"));
            checkPrefixes(json, ids, row.path("hf_prefixes"));
        }
    }

    private static void checkPrefixes(Tokenizer tokenizer, int[] ids, JsonNode prefixes) {
        assertThat(prefixes.size()).isEqualTo(ids.length + 1);
        for (int n = 0; n <= ids.length; n++) {
            StringBuilder streamed = new StringBuilder();
            StreamingDecoder decoder = tokenizer.streamingDecoder();
            for (int i = 0; i < n; i++) {
                streamed.append(decoder.accept(ids[i]));
            }
            assertThat(streamed.append(decoder.finish()).toString())
                    .isEqualTo(prefixes.get(n).stringValue());
            assertThat(tokenizer.decode(java.util.Arrays.copyOf(ids, n)))
                    .isEqualTo(prefixes.get(n).stringValue());
        }
    }

    @Test
    void encodesLlamaCppsExpectations() throws Exception {
        Path directory = ReferenceData.require("golden/llama.cpp-vocab");
        Tokenizer model = Golden.llama2Model();
        Tokenizer json = Golden.llama2Json();
        String[] texts = Files.readString(directory.resolve("ggml-vocab-tinyllama.gguf.inp"))
                .split("\n__ggml_vocab_test__\n", -1);
        List<String> lines = Files.readAllLines(directory.resolve("ggml-vocab-tinyllama.gguf.out"));
        assertThat(lines.size()).isBetween(11, texts.length);
        for (int i = 0; i < lines.size(); i++) {
            int[] ids = lines.get(i).isBlank()
                    ? new int[0]
                    : java.util.Arrays.stream(lines.get(i).trim().split("\\s+"))
                            .mapToInt(Integer::parseInt)
                            .toArray();
            assertThat(json.encodeWithSpecial(texts[i])).as(texts[i]).isEqualTo(ids);
            assertThat(model.encodeWithSpecial(texts[i])).as(texts[i]).isEqualTo(ids);
        }
    }

    @Test
    void knowsTheSpecialTokens() {
        for (Tokenizer tokenizer : List.of(Golden.llama2Model(), Golden.llama2Json())) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(32000);
            assertThat(tokenizer.bosId()).isEqualTo(1);
            assertThat(tokenizer.eosId()).isEqualTo(2);
            assertThat(tokenizer.padId()).hasValue(2);
            assertThat(tokenizer.addsBos()).isTrue();
            assertThat(tokenizer.isSpecial(0)).isTrue();
            assertThat(tokenizer.isSpecial(2)).isTrue();
            assertThat(tokenizer.isSpecial(3)).isFalse();
            assertThat(tokenizer.id("\u2581Hello")).hasValue(15043);
            assertThat(tokenizer.id("no such piece")).isEmpty();
        }
    }

    @Test
    void bothFilesOfOneTokenizerHaveOneFingerprint() {
        assertThat(Golden.llama2Model().fingerprint())
                .isEqualTo(Golden.llama2Json().fingerprint())
                .hasSize(64)
                .isNotEqualTo(stories("tokenizer.json").fingerprint());
        // These two differ: the model collapses spaces.
        assertThat(stories("tokenizer.model").fingerprint())
                .isNotEqualTo(stories("tokenizer.json").fingerprint());
    }

    private static Tokenizer stories(String file) {
        return Tokenizers.load(ReferenceData.require("golden/stories260k-hf").resolve(file));
    }

    @Test
    void collapsesSpacesWhereTheModelSaysSo() {
        assertThat(stories("tokenizer.model").encode("a  b")).containsExactly(261, 268);
        assertThat(stories("tokenizer.json").encode("a  b")).containsExactly(261, 410, 268);
        assertThat(stories("tokenizer.model").encode("  a   b  ")).containsExactly(261, 268);
        assertThat(stories("tokenizer.model").encode("   ")).isEmpty();
        assertThat(Tokenizers.load(ReferenceData.require("golden/stories260k-hf"))
                        .encode("a  b"))
                .containsExactly(261, 410, 268);
    }
}
