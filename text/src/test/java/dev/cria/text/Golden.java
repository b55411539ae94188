package dev.cria.text;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The reference data of tokenizers. */
final class Golden {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Golden() {}

    static Path llama2Directory() {
        return ReferenceData.require("golden/llama2-tokenizer");
    }

    static Tokenizer llama2Model() {
        return Tokenizers.load(llama2Directory().resolve("tokenizer.model"));
    }

    static Tokenizer llama2Json() {
        return Tokenizers.load(llama2Directory().resolve("tokenizer.json"));
    }

    static List<JsonNode> rows(String relative) throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        for (String line : Files.readAllLines(ReferenceData.require(relative))) {
            if (!line.isBlank()) {
                rows.add(MAPPER.readTree(line));
            }
        }
        return rows;
    }

    static int[] ids(JsonNode node) {
        int[] ids = new int[node.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = node.get(i).intValue();
        }
        return ids;
    }
}
