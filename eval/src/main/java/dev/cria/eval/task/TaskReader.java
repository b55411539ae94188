package dev.cria.eval.task;

import dev.cria.base.UserError;
import dev.cria.base.yaml.YamlSection;
import dev.cria.eval.rows.FieldType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads one task of a YAML file; what cannot be a task is refused with file, line and key. */
final class TaskReader {
    private static final int MAXIMUM_SHOTS = 1000;
    private static final String GOLD_HINT =
            "one of: index, label with among, text, drop_answers (all or agreed), tests with program";

    private final YamlSection task;

    TaskReader(YamlSection task) {
        this.task = task;
    }

    /** @throws UserError where a key is missing, unknown or of another type */
    TaskSpec read() {
        String name = required(task, "name");
        if (!name.matches("[A-Za-z0-9_.-]+")) {
            throw task.refuse("name", "is '" + name + "'", "letters, digits, _ - and . make names");
        }
        TaskKind kind = kind();
        YamlSection data = task.section("data");
        YamlSection shots = task.section("shots");
        Dataset dataset = dataset(data, shots);
        GoldRule gold = gold(task.section("gold"));
        Optional<ChoiceRule> choices = choices();
        Optional<PromptTemplate> ending = template("ending");
        if (ending.isPresent() == task.has("prompt")) {
            throw ending.isPresent()
                    ? task.refuse("prompt", "stands beside ending", "with ending, the choices are the beginnings")
                    : task.missing("prompt");
        }
        Optional<TaskSpec.Generation> generation = Optional.empty();
        if (kind == TaskKind.MULTIPLE_CHOICE) {
            if (choices.isEmpty()) {
                throw task.missing("choices");
            }
        } else {
            generation = Optional.of(new GenerationReader(task.section("generation")).read());
        }
        check(kind, gold, choices.isPresent());
        Map<String, MetricRule> metrics = new MetricReader(task, kind, gold, generation).read();
        String main = task.text("main_metric", metrics.keySet().iterator().next());
        if (!metrics.containsKey(main)) {
            throw task.refuse("main_metric", "is '" + main + "'", "one of the task's metrics: " + metrics.keySet());
        }
        TaskSpec spec = new TaskSpec(
                name,
                task.text("title", name),
                task.number("version", 0, 1e6).orElseThrow(() -> task.missing("version")),
                kind,
                dataset,
                shots(shots),
                fields(task.section("fields")),
                task.choice("rows", RowRule.class, RowRule.AS_THEY_ARE),
                task.choice("clean", TextCleaning.class, TextCleaning.NONE),
                PromptTemplate.of(task.exactText("description").orElse(""), task.where("description")),
                template("prompt"),
                choices,
                ending,
                gold,
                template("example_answer"),
                task.exactText("delimiter").orElse(" "),
                task.exactText("example_delimiter").orElse("\n\n"),
                generation,
                metrics,
                main,
                task.exactTexts("groups"));
        task.finish();
        return spec;
    }

    private TaskKind kind() {
        if (!task.has("kind")) {
            throw task.missing("kind");
        }
        return task.choice("kind", TaskKind.class, TaskKind.MULTIPLE_CHOICE);
    }

    private Dataset dataset(YamlSection data, YamlSection shots) {
        Map<String, List<String>> names = new LinkedHashMap<>();
        YamlSection other = data.section("names");
        other.keys().forEach(split -> names.put(split, other.exactTexts(split)));
        Dataset dataset = new Dataset(
                data.text("hub", ""),
                data.text("configuration"),
                required(data, "files"),
                required(data, "split"),
                shots.text("split"),
                names,
                shots.text("prompts"));
        other.finish();
        data.finish();
        return dataset;
    }

    private Shots shots(YamlSection section) {
        Shots shots = new Shots(
                section.integer("count", 0, 0, MAXIMUM_SHOTS),
                section.choice("choice", Shots.Choice.class, Shots.Choice.DRAWN),
                section.whole("seed", 1234, 0, Long.MAX_VALUE),
                section.flag("other_than_asked", false),
                section.text("prompt_answer"),
                section.text("apart"));
        if (shots.promptAnswer()
                .filter(field -> !field.equals("chain") && !field.equals("answer"))
                .isPresent()) {
            throw section.refuse("prompt_answer", "is '" + shots.promptAnswer().get() + "'", "allowed: chain, answer");
        }
        section.finish();
        return shots;
    }

    private Map<String, FieldType> fields(YamlSection section) {
        Map<String, FieldType> fields = new LinkedHashMap<>();
        section.keys().forEach(path -> fields.put(path, section.choice(path, FieldType.class, FieldType.ANY)));
        if (fields.isEmpty()) {
            throw task.missing("fields");
        }
        return fields;
    }

    private Optional<PromptTemplate> template(String key) {
        return task.exactText(key).map(source -> PromptTemplate.of(source, task.where(key)));
    }

    private Optional<ChoiceRule> choices() {
        if (!task.has("choices")) {
            return Optional.empty();
        }
        if (!task.isList("choices")) {
            return task.text("choices").map(ChoiceRule.Field::new);
        }
        List<PromptTemplate> templates = task.exactTexts("choices").stream()
                .map(source -> PromptTemplate.of(source, task.where("choices")))
                .toList();
        if (templates.isEmpty()) {
            throw task.refuse("choices", "is empty", "name a field that holds them, or list them");
        }
        return Optional.of(new ChoiceRule.Templates(templates));
    }

    private GoldRule gold(YamlSection section) {
        if (section.keys().isEmpty()) {
            throw task.missing("gold");
        }
        GoldRule gold;
        if (section.has("index")) {
            gold = new GoldRule.Index(required(section, "index"), section.integer("first", 0, 0, 1));
        } else if (section.has("label")) {
            gold = new GoldRule.Label(
                    required(section, "label"), required(section, "among"), section.flag("strip_left", false));
        } else if (section.has("text")) {
            gold = new GoldRule.Text(template(section, "text"));
        } else if (section.has("drop_answers")) {
            gold = switch (required(section, "drop_answers")) {
                case "all" -> new GoldRule.AllDropAnswers();
                case "agreed" -> new GoldRule.FirstDropAnswer();
                default -> throw section.refuse("drop_answers", "is unknown", "allowed: all, agreed");
            };
        } else if (section.has("tests")) {
            gold = new GoldRule.Tests(template(section, "program"), template(section, "tests"));
        } else {
            throw task.refuse("gold", "does not say where the right answer is", GOLD_HINT);
        }
        section.finish();
        return gold;
    }

    private void check(TaskKind kind, GoldRule gold, boolean choices) {
        boolean fits = switch (kind) {
            case MULTIPLE_CHOICE -> gold instanceof GoldRule.OfChoices;
            case GENERATION -> !(gold instanceof GoldRule.Tests) && choices == gold instanceof GoldRule.OfChoices;
            case PROGRAM -> gold instanceof GoldRule.Tests && !choices;
        };
        if (!fits) {
            throw task.refuse(
                    "gold",
                    "does not fit a task of kind " + kind.name().toLowerCase(Locale.ROOT)
                            + (choices ? " with choices" : " without choices"),
                    GOLD_HINT);
        }
    }

    private static PromptTemplate template(YamlSection section, String key) {
        String source = section.exactText(key).orElseThrow(() -> section.missing(key));
        return PromptTemplate.of(source, section.where(key));
    }

    static String required(YamlSection section, String key) {
        return section.text(key).orElseThrow(() -> section.missing(key));
    }
}
