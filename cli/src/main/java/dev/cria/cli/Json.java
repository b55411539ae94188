package dev.cria.cli;

import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** The one JSON mapper of the commands: machine-readable output, one value a line. */
final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    static ObjectMapper mapper() {
        return MAPPER;
    }

    /** A value as one line of JSON. */
    static String line(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}
