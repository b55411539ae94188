package dev.cria.cli.chat;

import dev.cria.base.UserError;
import dev.cria.model.generation.SamplingOptions;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What {@code /set} changes.
 *
 * @param sampling how tokens are chosen; its seed is that of the first answer, and each further answer takes the next
 * @param maxTokens most tokens of an answer
 */
public record ChatSettings(SamplingOptions sampling, int maxTokens) {
    /** @throws UserError if {@code maxTokens} is below one */
    public ChatSettings {
        if (maxTokens < 1) {
            throw new UserError("max-tokens is " + maxTokens, "give 1 or more");
        }
    }

    /** The settings by name. */
    Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("temperature", sampling.temperature());
        values.put("top-k", sampling.topK());
        values.put("top-p", sampling.topP());
        values.put("min-p", sampling.minP());
        values.put("typical-p", sampling.typicalP());
        values.put("repetition-penalty", sampling.repetitionPenalty());
        values.put("seed", sampling.seed());
        values.put("max-tokens", maxTokens);
        return values;
    }

    /** The settings with some of them changed: {@code name=value}, several with spaces between. @throws UserError if one makes no sense */
    ChatSettings with(String assignments) {
        ChatSettings changed = this;
        for (String assignment :
                assignments.replaceAll("\\s*=\\s*", "=").strip().split("\\s+")) {
            int equals = assignment.indexOf('=');
            if (equals < 1) {
                throw new UserError("'" + assignment + "' sets nothing", "say it as temperature=0.7");
            }
            String name =
                    assignment.substring(0, equals).toLowerCase(Locale.ROOT).replace('_', '-');
            changed = changed.with(name, assignment.substring(equals + 1));
        }
        return changed;
    }

    private ChatSettings with(String name, String value) {
        try {
            return switch (name) {
                case "temperature" -> with(sampling.withTemperature(Double.parseDouble(value)));
                case "top-k" -> with(sampling.withTopK(Integer.parseInt(value)));
                case "top-p" -> with(sampling.withTopP(Double.parseDouble(value)));
                case "min-p" -> with(sampling.withMinP(Double.parseDouble(value)));
                case "typical-p" -> with(sampling.withTypicalP(Double.parseDouble(value)));
                case "repetition-penalty" -> with(sampling.withRepetitionPenalty(Double.parseDouble(value)));
                case "seed" -> with(sampling.withSeed(Long.parseLong(value)));
                case "max-tokens" -> new ChatSettings(sampling, Integer.parseInt(value));
                default ->
                    throw new UserError(
                            "there is no setting '" + name + "'", "there are " + String.join(", ", values().keySet()));
            };
        } catch (NumberFormatException e) {
            throw new UserError(name + ": '" + value + "' is no number", "say it as temperature=0.7", e);
        }
    }

    private ChatSettings with(SamplingOptions changed) {
        return new ChatSettings(changed, maxTokens);
    }

    /** The settings as {@code /set} shows them, and takes them. */
    String render() {
        return values().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining("  "));
    }
}
