package dev.cria.eval.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What came of one document of a task; a line of the log.
 *
 * @param task the task's name
 * @param doc the document's number: its row in the data
 * @param outcome what the model said
 * @param metrics the document's value of each metric, by name and in the task's order
 */
public record DocumentResult(String task, int doc, Outcome outcome, Map<String, Double> metrics) {
    public DocumentResult {
        metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    }

    /** What the model said of a document. */
    public sealed interface Outcome permits Choices, Generated {}

    /**
     * Of a multiple-choice document.
     *
     * @param choices in the task's order
     * @param gold index of the right one
     */
    public record Choices(List<Choice> choices, int gold) implements Outcome {
        public Choices {
            choices = List.copyOf(choices);
        }
    }

    /**
     * One choice.
     *
     * @param logLikelihood natural logarithm of its probability, summed over its tokens
     * @param greedy whether each of its tokens is the likeliest
     * @param tokens how many they are
     * @param contextTokens tokens before it
     * @param contextTokensKept how many of them the model's context had room for; the others were cut from the left
     */
    public record Choice(double logLikelihood, boolean greedy, int tokens, int contextTokens, int contextTokensKept) {}

    /**
     * Of a document that asks for text.
     *
     * @param texts what was generated, cut at the first stop text; one for each time the question was put
     * @param filtered what the task's filters made of each; for HumanEval the programs that were tested
     * @param gold the expected answer, as text
     * @param tokens generated tokens of all texts, those of the stop texts included
     * @param contextTokens tokens of the prompt
     * @param contextTokensKept how many of them were read; the others were cut from the left
     */
    public record Generated(
            List<String> texts,
            List<String> filtered,
            String gold,
            int tokens,
            int contextTokens,
            int contextTokensKept)
            implements Outcome {
        public Generated {
            texts = List.copyOf(texts);
            filtered = List.copyOf(filtered);
        }
    }
}
