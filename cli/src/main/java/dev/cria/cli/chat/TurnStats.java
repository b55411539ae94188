package dev.cria.cli.chat;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What an answer took.
 *
 * @param promptTokens tokens of the conversation as the model is shown it
 * @param readTokens those of them that had to be read; the others were in the key/value cache
 * @param readSeconds time for that, up to the first token of the answer
 * @param newTokens tokens of the answer, its end included
 * @param decodeSeconds time for all of them but the first
 * @param contextUsed tokens in the cache at the end
 * @param contextLength tokens that it holds
 */
public record TurnStats(
        int promptTokens,
        int readTokens,
        double readSeconds,
        int newTokens,
        double decodeSeconds,
        int contextUsed,
        int contextLength) {
    int cachedTokens() {
        return promptTokens - readTokens;
    }

    double readPerSecond() {
        return readSeconds > 0 ? readTokens / readSeconds : 0;
    }

    double decodePerSecond() {
        return decodeSeconds > 0 && newTokens > 1 ? (newTokens - 1) / decodeSeconds : 0;
    }

    /** For a person. */
    String render() {
        return String.format(
                Locale.ROOT,
                "prompt: %d tokens, %d of them from the cache; %d read in %.2f s (%.1f/s)%n"
                        + "answer: %d tokens in %.2f s after the first (%.1f/s)%n"
                        + "context: %d of %d tokens used",
                promptTokens,
                cachedTokens(),
                readTokens,
                readSeconds,
                readPerSecond(),
                newTokens,
                decodeSeconds,
                decodePerSecond(),
                contextUsed,
                contextLength);
    }

    /** For a program. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("prompt_tokens", promptTokens);
        map.put("cached_tokens", cachedTokens());
        map.put("read_seconds", readSeconds);
        map.put("read_tokens_per_second", readPerSecond());
        map.put("new_tokens", newTokens);
        map.put("decode_seconds", decodeSeconds);
        map.put("decode_tokens_per_second", decodePerSecond());
        map.put("context_used", contextUsed);
        map.put("context_length", contextLength);
        return map;
    }
}
