package dev.cria.eval.task;

import dev.cria.base.yaml.YamlSection;
import dev.cria.eval.metric.PythonText;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads how a task asks for text: the section {@code generation}. */
final class GenerationReader {
    /** What the harness allows where a task does not say. */
    private static final int DEFAULT_TOKENS = 256;

    private final YamlSection section;

    GenerationReader(YamlSection section) {
        this.section = section;
    }

    TaskSpec.Generation read() {
        TaskSpec.Generation generation = new TaskSpec.Generation(
                section.exactTexts("until"),
                section.integer("max_tokens", DEFAULT_TOKENS, 1, 1 << 20),
                section.number("temperature", 0, 0, 100),
                section.integer("repeats", 1, 1, 10_000),
                section.integer("prompt_tokens", 1, 1 << 24)
                        .map(OptionalInt::of)
                        .orElse(OptionalInt.empty()),
                section.has("filter") ? filter(section.section("filter")) : TextFilter.NONE);
        if (generation.until().contains("")) {
            throw section.refuse("until", "holds an empty text", "it would stop before the first token");
        }
        section.finish();
        return generation;
    }

    private static TextFilter filter(YamlSection filter) {
        List<TextFilter.Step> steps = new ArrayList<>();
        for (YamlSection step : filter.sections("steps")) {
            steps.add(step(step));
            step.finish();
        }
        TextFilter read = new TextFilter(TaskReader.required(filter, "name"), steps);
        filter.finish();
        return read;
    }

    private static TextFilter.Step step(YamlSection step) {
        if (step.has("find")) {
            String pattern = step.exactText("find").orElseThrow();
            try {
                return new TextFilter.Find(
                        Pattern.compile(pattern, Pattern.UNIX_LINES),
                        step.integer("match", 0, -1000, 1000),
                        step.exactText("otherwise").orElse("[invalid]"));
            } catch (PatternSyntaxException e) {
                throw step.refuse(
                        "find",
                        "is no regular expression: " + e.getDescription(),
                        "see its " + e.getIndex() + ". character");
            }
        }
        String name = TaskReader.required(step, "do");
        return switch (name) {
            case "strip" -> PythonText::strip;
            case "even_indents" -> TextFilter::evenIndents;
            case "first_block" -> TextFilter::firstBlock;
            default ->
                throw step.refuse(
                        "do", "is '" + name + "'", "allowed: strip, even_indents, first_block; or find: REGEX");
        };
    }
}
