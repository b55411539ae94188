package dev.cria.cli.lesson;

import dev.cria.model.api.Llama;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.text.ChatMessage;
import dev.cria.text.ChatTemplate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A model's answers to the held-out questions, by greedy decoding, and how many of them are good.
 *
 * @param answers in the order of the questions
 * @param verdicts of each
 */
public record Examination(List<String> answers, List<Verdict> verdicts) {
    private static final int ANSWER_TOKENS = 64;

    public Examination {
        answers = List.copyOf(answers);
        verdicts = List.copyOf(verdicts);
    }

    /** Asks all questions, by the template that the lesson teaches; a base model has none of its own. */
    static Examination of(Path model, List<Exchange> questions) {
        List<String> answers = new ArrayList<>();
        List<Verdict> verdicts = new ArrayList<>();
        try (Llama llama = Llama.open(model)) {
            ChatTemplate template = ChatTemplate.named(
                            "zephyr", llama.model().tokenizer().orElseThrow())
                    .orElseThrow();
            for (Exchange each : questions) {
                String prompt = template.render(List.of(new ChatMessage("user", each.question())), true);
                String answer = llama.generate(prompt, GenerationOptions.greedy(ANSWER_TOKENS), _ -> {})
                        .text();
                answers.add(answer);
                verdicts.add(Verdict.of(each.signature(), answer));
            }
        }
        return new Examination(answers, verdicts);
    }

    /** Share of the answers that have the card's format, 0 to 1. */
    public double format() {
        return share(verdicts.stream().filter(Verdict::format).count());
    }

    /** Share that say what is true of the method. */
    public double right() {
        return share(verdicts.stream().filter(Verdict::right).count());
    }

    /** Share that are in the preferred style: the card and nothing else. */
    public double plain() {
        return share(verdicts.stream().filter(Verdict::plain).count());
    }

    private double share(long count) {
        return (double) count / verdicts.size();
    }
}
