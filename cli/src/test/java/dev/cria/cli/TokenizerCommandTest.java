package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TokenizerCommandTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @Test
    void encodesTheReferenceStrings() throws IOException {
        Path tokenizer = ReferenceData.require("golden/llama2-tokenizer");
        List<JsonNode> rows = rows("golden/tokenizer/encode.jsonl");
        StringBuilder input = new StringBuilder();
        rows.forEach(row -> input.append(row.get("text")).append('\n'));

        List<String> special = Cria.runWithInput(input.toString(), "tokenizer", "encode", "--tokenizer", tokenizer)
                .lines();
        List<String> plain = Cria.runWithInput(
                        input.toString(), "tokenizer", "encode", "--tokenizer", tokenizer, "--no-special", "--add-bos")
                .lines();

        assertThat(special).hasSameSizeAs(rows);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(JSON.readTree(special.get(i)))
                    .as("row %d", i)
                    .isEqualTo(rows.get(i).get(rows.get(i).get("hf").isNull() ? "spm" : "hf"));
            assertThat(plain.get(i))
                    .as("row %d", i)
                    .isEqualTo(withBos(rows.get(i).get("spm")));
        }
    }

    private static String withBos(JsonNode ids) {
        return ("[1," + ids.toString().replace(" ", "").substring(1)).replace(",]", "]");
    }

    @Test
    void decodesTheReferenceIds() throws IOException {
        Path tokenizer = ReferenceData.require("golden/llama2-tokenizer");
        List<JsonNode> rows = rows("golden/tokenizer/decode.jsonl");
        StringBuilder input = new StringBuilder();
        rows.forEach(row -> input.append(row.get("ids")).append('\n'));

        List<String> skip = Cria.runWithInput(input.toString(), "tokenizer", "decode", "--tokenizer", tokenizer)
                .lines();
        List<String> keep = Cria.runWithInput(
                        input.toString(), "tokenizer", "decode", "--tokenizer", tokenizer, "--keep-special")
                .lines();

        for (int i = 0; i < rows.size(); i++) {
            assertThat(JSON.readTree(skip.get(i)))
                    .as("row %d", i)
                    .isEqualTo(rows.get(i).get("hf_skip"));
            assertThat(JSON.readTree(keep.get(i)))
                    .as("row %d", i)
                    .isEqualTo(rows.get(i).get("hf_keep"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "encode | [1] | stdin line 2: is no JSON string",
                "encode | \"a | stdin line 2: is not JSON",
                "encode | \"a\" \"b\" | stdin line 2: is not JSON",
                "encode | '' | stdin line 2: is empty",
                "decode | [1, 512] | stdin line 2: item 1 is 512, no id between 0 and 511",
                "decode | [1.5] | stdin line 2: item 0 is 1.5, no id",
                "decode | [-1] | stdin line 2: item 0 is -1, no id",
                "decode | [99999999999] | stdin line 2: item 0 is 99999999999, no id",
                "decode | \"x\" | stdin line 2: is no JSON array of ids",
            })
    void refusesALineByItsNumber(String command, String line, String message) {
        Path tokenizer = ReferenceData.require("golden/stories260k-hf");
        String good = command.equals("encode") ? "\"fine\"\n" : "[403]\n";
        Cria.Result result = Cria.runWithInput(good + line + "\n", "tokenizer", command, "--tokenizer", tokenizer);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).startsWith("cria: " + message).doesNotContain("\tat ");
        assertThat(result.lines()).hasSize(1);
    }

    @Test
    void refusesWhatIsNotUtf8() {
        Path tokenizer = ReferenceData.require("golden/stories260k-hf");
        byte[] broken = "\"caf\u00e9\"\n".getBytes(StandardCharsets.ISO_8859_1);
        Cria.Result result = Cria.runWithInput(broken, "tokenizer", "encode", "--tokenizer", tokenizer);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("not UTF-8");
    }

    @Test
    void noInputGivesNoOutput() {
        Path tokenizer = ReferenceData.require("golden/stories260k-hf");
        assertThat(Cria.run("tokenizer", "encode", "--tokenizer", tokenizer)).isEqualTo(new Cria.Result(0, "", ""));
    }

    @Test
    void aMissingTokenizerIsSaidSo() {
        Cria.Result result = Cria.run("tokenizer", "encode", "--tokenizer", "no/such/folder");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("no/such/folder").doesNotContain("\tat ");
        assertThat(Cria.run("tokenizer", "encode").err()).contains("--tokenizer");
        assertThat(Cria.run("tokenizer").code()).isEqualTo(2);
    }

    private static List<JsonNode> rows(String file) throws IOException {
        return Files.readAllLines(ReferenceData.require(file)).stream()
                .map(JSON::readTree)
                .toList();
    }
}
