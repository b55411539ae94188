package dev.cria.eval.task;

import java.util.List;

/**
 * Which of these continuations is the most probable?
 *
 * @param contexts one for each continuation; equal elements where all share one
 * @param gold the index of the right one
 * @param choiceLengths code points of each choice without the delimiter before it: the divisor of `acc_norm`
 * @param choiceBytes the same in bytes of UTF-8: the divisor of `acc_bytes`
 */
public record MultipleChoiceRequest(
        int doc, List<String> contexts, List<String> continuations, int gold, int[] choiceLengths, int[] choiceBytes)
        implements Request {
    public MultipleChoiceRequest {
        contexts = List.copyOf(contexts);
        continuations = List.copyOf(continuations);
        int choices = continuations.size();
        if (contexts.size() != choices || choiceLengths.length != choices || choiceBytes.length != choices) {
            throw new IllegalArgumentException("contexts, continuations and lengths differ in number");
        }
        if (gold < 0 || gold >= choices) {
            throw new IllegalArgumentException("gold " + gold + " of " + choices + " choices");
        }
    }
}
