package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** User-defined pieces, added tokens and their options, tokens that only the configuration knows; the ids are those the references give. */
class SpecialPiecesTest {
    private static final int A = 259;

    /** Pieces a b c ab ▁ behind the 259 reserved ids, then those of {@code more}. */
    private static byte[] model(boolean removeExtraWhitespaces, List<String> userDefined) {
        ProtobufWriter out = new ProtobufWriter();
        piece(out, "<unk>", 0, 2);
        piece(out, "<s>", 0, 3);
        piece(out, "</s>", 0, 3);
        for (int value = 0; value < 256; value++) {
            piece(out, BpeModel.bytePiece(value), 0, 6);
        }
        List<String> normal = List.of("a", "b", "c", "ab", "\u2581");
        for (int i = 0; i < normal.size(); i++) {
            piece(out, normal.get(i), -i, 1);
        }
        userDefined.forEach(text -> piece(out, text, 0, 4));
        out.message(2, new ProtobufWriter().int32(3, 2).bool(35, true));
        return out.message(3, new ProtobufWriter().bool(4, removeExtraWhitespaces))
                .toBytes();
    }

    private static void piece(ProtobufWriter out, String text, float score, int type) {
        out.message(1, new ProtobufWriter().string(1, text).float32(2, score).int32(3, type));
    }

    private static Tokenizer load(Path dir, byte[] model) throws Exception {
        Files.write(dir.resolve("tokenizer.model"), model);
        return Tokenizers.load(dir);
    }

    @Test
    void userDefinedPiecesComeFirstAndTheLongestWins(@TempDir Path dir) throws Exception {
        Tokenizer tokenizer = load(dir, model(false, List.of("bc", "bca")));
        int mark = A + 4;
        int bc = A + 5;
        assertThat(tokenizer.encode("abc")).containsExactly(mark, A, bc); // not ab, c
        assertThat(tokenizer.encode("abcab")).containsExactly(mark, A, bc + 1, A + 1); // bca, then b alone
        assertThat(tokenizer.decode(tokenizer.encode("abcab"))).isEqualTo("abcab");
    }

    @Test
    void switchedOffPiecesMergeAndAreThenTakenApart(@TempDir Path dir) throws Exception {
        ProtobufWriter out = new ProtobufWriter();
        piece(out, "<unk>", 0, 2);
        piece(out, "<s>", 0, 3);
        piece(out, "</s>", 0, 3);
        piece(out, "ab", 0, 5);
        piece(out, "abc", -1, 1);
        piece(out, "a", -2, 1);
        piece(out, "b", -3, 1);
        out.message(2, new ProtobufWriter().int32(3, 2));
        out.message(3, new ProtobufWriter().bool(3, false).bool(4, false));
        Tokenizer tokenizer = load(dir, out.toBytes());
        assertThat(tokenizer.encode("ab")).containsExactly(5, 6);
        assertThat(tokenizer.encode("abcab")).containsExactly(4, 5, 6);
        assertThat(tokenizer.encode("xyab")).containsExactly(0, 5, 6);
        assertThat(tokenizer.encode("")).isEmpty();
    }

    @Test
    void controlPiecesAreTextUnlessAskedFor(@TempDir Path dir) throws Exception {
        Tokenizer tokenizer = load(dir, model(false, List.of()));
        assertThat(tokenizer.encode("a</s>")).doesNotContain(2);
        assertThat(tokenizer.encodeWithSpecial("a</s>b")).containsExactly(A + 4, A, 2, A + 4, A + 1);
        assertThat(tokenizer.encode("<0x41>")).doesNotContain(3 + 0x41);
        assertThat(tokenizer.decode(new int[] {1, A, 2})).isEqualTo("a");
        assertThat(tokenizer.decodeWithSpecial(new int[] {1, A, 2})).isEqualTo("<s>a</s>");
        assertThat(tokenizer.decode(new int[] {0})).isEqualTo(" \u2047 ");
        assertThatThrownBy(() -> tokenizer.piece(99_999)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void collapsesSpaces(@TempDir Path dir) throws Exception {
        Tokenizer tokenizer = load(dir, model(true, List.of()));
        int mark = A + 4;
        assertThat(tokenizer.encode("  a   b ")).containsExactly(mark, A, mark, A + 1);
        assertThat(tokenizer.encode("  ")).isEmpty();
    }

    @Test
    void tokensThatOnlyTheConfigurationKnows(@TempDir Path dir) throws Exception {
        Files.writeString(dir.resolve("tokenizer_config.json"), """
                {"add_bos_token": false, "pad_token": "<pad>", "added_tokens_decoder": {
                  "264": {"content": "<pad>", "special": true}, "265": {"content": "ba", "special": false}}}
                """);
        Tokenizer tokenizer = load(dir, model(false, List.of()));
        assertThat(tokenizer.vocabularySize()).isEqualTo(266);
        assertThat(tokenizer.padId()).hasValue(264);
        assertThat(tokenizer.addsBos()).isFalse();
        assertThat(tokenizer.isSpecial(264)).isTrue();
        assertThat(tokenizer.encode("aba")).containsExactly(A + 4, A, 265);
        assertThat(tokenizer.decode(new int[] {A, 264, 265})).isEqualTo("aba");
        Files.writeString(
                dir.resolve("tokenizer_config.json"), "{\"added_tokens_decoder\": {\"3\": {\"content\": \"<pad>\"}}}");
        assertThatThrownBy(() -> Tokenizers.load(dir))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("<pad>");
    }

    private static String json(String added, String preTokenizer) {
        return """
                {"added_tokens": [
                   {"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "<s>", "special": true},
                   {"id": 2, "content": "</s>", "special": true}%s],
                 "normalizer": null, "pre_tokenizer": %s,
                 "decoder": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"},
                 "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true,
                   "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "\u2581": 3, "a": 4, "b": 5, "ab": 6, "\u2581a": 7, "a\u2581": 8},
                   "merges": [["a", "\u2581"], "a b", "\u2581 a"]}}
                """.formatted(added, preTokenizer);
    }

    private static Tokenizer hugging(Path dir, String added, String preTokenizer) throws Exception {
        Path file = dir.resolve("tokenizer.json");
        Files.write(file, json(added, preTokenizer).getBytes(StandardCharsets.UTF_8));
        return Tokenizers.load(file);
    }

    @Test
    void metaspacePutsItsMarkWhereTheSchemeSays(@TempDir Path dir) throws Exception {
        String scheme =
                "{\"type\": \"Metaspace\", \"replacement\": \"\u2581\", \"prepend_scheme\": \"%s\", \"split\": %s}";
        Tokenizer first = hugging(dir, "", scheme.formatted("first", "false"));
        assertThat(first.encodeWithSpecial("b</s>b")).containsExactly(3, 5, 2, 5);
        assertThat(first.encode("a a")).containsExactly(3, 8, 4); // a▁ merges first
        Tokenizer always = hugging(dir, "", scheme.formatted("always", "true"));
        assertThat(always.encodeWithSpecial("b</s>b")).containsExactly(3, 5, 2, 3, 5);
        assertThat(always.encode("a a")).containsExactly(7, 7); // but not across words
        assertThat(always.encode(" b")).containsExactly(3, 5);
        Tokenizer never = hugging(dir, "", scheme.formatted("never", "false"));
        assertThat(never.encode("b")).containsExactly(5);
        assertThat(never.encode("xyb")).containsExactly(0, 5); // unknown characters are fused
        assertThat(always.decode(new int[] {7, 7, 5})).isEqualTo("a ab");
    }

    @Test
    void addedTokensKeepTheirOptions(@TempDir Path dir) throws Exception {
        String added = """
                , {"id": 9, "content": "[X]", "special": false, "normalized": false, "lstrip": true, "rstrip": true},
                  {"id": 10, "content": "foo", "special": false, "normalized": false, "single_word": true}""";
        Tokenizer tokenizer = hugging(dir, added, "null");
        assertThat(tokenizer.encode("a \t[X] \nb")).containsExactly(4, 9, 5);
        assertThat(tokenizer.encode("foo a foo"))
                .contains(10, 10)
                .startsWith(10)
                .endsWith(10);
        assertThat(tokenizer.encode("food")).doesNotContain(10);
        assertThatThrownBy(() -> hugging(dir, ", {\"id\": 11, \"content\": \"a\"}", "null"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("vocabulary says 4");
    }
}
