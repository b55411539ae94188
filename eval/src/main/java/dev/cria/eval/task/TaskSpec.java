package dev.cria.eval.task;

import dev.cria.eval.rows.FieldType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A task as its YAML declares it.
 *
 * @param fields what each row must hold, by path
 * @param rows what happens to the rows before they are asked
 * @param cleaning what happens to prompt and choices
 * @param description the beginning of every prompt
 * @param prompt the question; absent where the choices are the beginnings of a text
 * @param choices what can be answered; absent where text is asked for
 * @param ending where the choices are the beginnings of a text: how each goes on
 * @param exampleAnswer the answer of an example, where it is not the gold one
 * @param delimiter between question and answer
 * @param exampleDelimiter behind each example
 * @param generation how text is asked for; absent for multiple choice
 * @param metrics with their names, in order
 * @param mainMetric the name of the one that is the task's score
 * @param groups the groups that it joins
 */
record TaskSpec(
        String name,
        String title,
        double version,
        TaskKind kind,
        Dataset dataset,
        Shots shots,
        Map<String, FieldType> fields,
        RowRule rows,
        TextCleaning cleaning,
        PromptTemplate description,
        Optional<PromptTemplate> prompt,
        Optional<ChoiceRule> choices,
        Optional<PromptTemplate> ending,
        GoldRule gold,
        Optional<PromptTemplate> exampleAnswer,
        String delimiter,
        String exampleDelimiter,
        Optional<Generation> generation,
        Map<String, MetricRule> metrics,
        String mainMetric,
        List<String> groups) {
    /**
     * How text is asked for.
     *
     * @param until texts at which it stops
     * @param maxTokens the most new tokens
     * @param temperature 0 is greedy
     * @param repeats how often each question is put
     * @param promptTokens the longest prompt; while it is longer its last example is dropped
     * @param filter what happens to the text before it is measured
     */
    record Generation(
            List<String> until,
            int maxTokens,
            double temperature,
            int repeats,
            OptionalInt promptTokens,
            TextFilter filter) {}
}
