package dev.cria.eval.task;

import dev.cria.eval.rows.Row;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Writes the requests of one task: description, examples, question. */
final class Prompts {
    private final TaskSpec spec;

    Prompts(TaskSpec spec) {
        this.spec = spec;
    }

    Request request(Document document, List<Document> examples, Optional<TokenCounter> counter) {
        Row row = document.row();
        return spec.kind() == TaskKind.MULTIPLE_CHOICE
                ? choices(document, before(row, examples))
                : generation(document, examples, counter);
    }

    private String before(Row row, List<Document> examples) {
        StringBuilder before = new StringBuilder(spec.description().render(row));
        for (Document example : examples) {
            before.append(example(example.row()));
        }
        return before.toString();
    }

    /**
     * Question, delimiter, answer, delimiter. As the harness has it, an example whose answer is an empty text is its question alone, while
     * an empty choice is an answer like any other.
     */
    private String example(Row row) {
        boolean chosen = spec.choices().isPresent()
                && spec.ending().isEmpty()
                && spec.exampleAnswer().isEmpty();
        String answer =
                spec.exampleAnswer().map(template -> template.render(row)).orElseGet(() -> answer(row));
        String question = spec.ending().isPresent() ? goldChoice(row) : question(row);
        return answer.isEmpty() && !chosen ? question : question + spec.delimiter() + answer + spec.exampleDelimiter();
    }

    private String answer(Row row) {
        if (spec.ending().isPresent()) {
            return spec.ending().get().render(row);
        }
        if (spec.choices().isPresent()) {
            return goldChoice(row);
        }
        return switch (gold(row)) {
            case Gold.Text text -> text.text();
            case Gold.Answers answers -> String.join(", ", answers.answers().getFirst());
            case Gold.Program program -> program.test();
        };
    }

    private String question(Row row) {
        return spec.cleaning().clean(spec.prompt().orElseThrow().render(row));
    }

    private List<String> choices(Row row) {
        return spec.choices().orElseThrow().choices(row).stream()
                .map(spec.cleaning()::clean)
                .toList();
    }

    private String goldChoice(Row row) {
        List<String> choices = choices(row);
        return choices.get(goldIndex(row, choices.size()));
    }

    private int goldIndex(Row row, int choices) {
        if (spec.gold() instanceof GoldRule.OfChoices rule) {
            return rule.index(row, choices);
        }
        throw new IllegalStateException(spec.name() + " has choices and no rule for the right one");
    }

    private Gold gold(Row row) {
        return switch (spec.gold()) {
            case GoldRule.OfText rule -> rule.gold(row);
            case GoldRule.OfChoices rule -> new Gold.Text(goldChoice(row));
        };
    }

    private MultipleChoiceRequest choices(Document document, String before) {
        Row row = document.row();
        List<String> choices = choices(row);
        List<String> contexts;
        List<String> continuations;
        if (spec.ending().isPresent()) {
            String ending = spec.delimiter() + spec.ending().get().render(row);
            contexts = choices.stream().map(choice -> before + choice).toList();
            continuations = choices.stream().map(choice -> ending).toList();
        } else {
            String context = before + question(row);
            contexts = choices.stream().map(choice -> context).toList();
            continuations =
                    choices.stream().map(choice -> spec.delimiter() + choice).toList();
        }
        int[] lengths = choices.stream()
                .mapToInt(text -> text.codePointCount(0, text.length()))
                .toArray();
        int[] bytes = choices.stream()
                .mapToInt(text -> text.getBytes(StandardCharsets.UTF_8).length)
                .toArray();
        return new MultipleChoiceRequest(
                document.number(), contexts, continuations, goldIndex(row, choices.size()), lengths, bytes);
    }

    private GenerationRequest generation(Document document, List<Document> examples, Optional<TokenCounter> counter) {
        TaskSpec.Generation generation = spec.generation().orElseThrow();
        String question = question(document.row());
        String context = before(document.row(), examples) + question;
        OptionalInt limit = generation.promptTokens();
        if (limit.isPresent() && counter.isPresent()) {
            for (int k = examples.size(); k > 0 && counter.get().count(context) > limit.getAsInt(); k--) {
                context = before(document.row(), examples.subList(0, k - 1)) + question;
            }
        }
        return new GenerationRequest(
                document.number(),
                context,
                generation.until(),
                generation.maxTokens(),
                generation.temperature(),
                gold(document.row()));
    }
}
