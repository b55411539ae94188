package dev.cria.eval.task;

import dev.cria.base.UserError;
import dev.cria.eval.rows.Row;
import dev.cria.eval.rows.RowFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which examples stand before a question.
 *
 * @param count how many, unless the user wants another number
 * @param choice how they are chosen
 * @param seed of the choice by lot
 * @param otherThanAsked whether an example equal to the asked row is left out; the harness then draws one more
 * @param promptAnswer which field of a file of worked examples is the answer: {@code chain} or {@code answer}
 * @param apart a field that asked rows must not share with examples, such as DROP's passage
 */
record Shots(
        int count,
        Choice choice,
        long seed,
        boolean otherThanAsked,
        Optional<String> promptAnswer,
        Optional<String> apart) {
    /** How examples are chosen. */
    enum Choice {
        /** The first of their split, the same for every question. */
        FIRST,
        /** By lot, anew for each question, by one generator for all of them (the harness's default). */
        DRAWN,
        /** The first rows of the asked split, which then are not asked (InstructEval's BBH). */
        FIRST_ASKED,
        /** By lot among the rows of the asked split, once for all questions (InstructEval's DROP). */
        DRAWN_ASKED
    }

    /** Whether examples are rows of the asked split. */
    boolean fromAsked() {
        return choice == Choice.FIRST_ASKED || choice == Choice.DRAWN_ASKED;
    }

    /**
     * The examples of every question that is asked.
     *
     * @param asked questions that remain, in order
     * @param examples [asked] for each its examples, in the order of the prompt
     */
    record Chosen(List<Document> asked, List<List<Document>> examples) {}

    /**
     * Chooses for the first {@code limit} questions; what is chosen for a question does not depend on the limit.
     *
     * @param documents the asked split
     * @param pool the split of examples; not looked at where they come from the asked one, or none are wanted
     * @throws UserError where there are fewer examples than wanted
     */
    Chosen choose(List<Document> documents, List<Document> pool, int wanted, int limit, String task) {
        if (wanted == 0) {
            List<Document> asked = documents.subList(0, Math.min(limit, documents.size()));
            return new Chosen(
                    asked, asked.stream().map(document -> List.<Document>of()).toList());
        }
        return switch (choice) {
            case FIRST -> {
                List<Document> asked = documents.subList(0, Math.min(limit, documents.size()));
                require(wanted, pool.size(), task);
                yield new Chosen(
                        asked,
                        asked.stream()
                                .map(document -> first(without(pool, document), wanted, task))
                                .toList());
            }
            case DRAWN -> drawn(documents.subList(0, Math.min(limit, documents.size())), pool, wanted, task);
            case FIRST_ASKED -> {
                require(wanted, documents.size() - 1, task);
                yield same(documents.subList(wanted, documents.size()), documents.subList(0, wanted), limit);
            }
            case DRAWN_ASKED -> {
                require(wanted, documents.size() - 1, task);
                List<Document> drawn = new PythonRandom(seed)
                        .sample(documents.size(), wanted).stream()
                                .map(documents::get)
                                .toList();
                List<Document> rest = documents.stream()
                        .filter(document -> drawn.stream().noneMatch(example -> tooClose(document, example)))
                        .toList();
                if (rest.isEmpty()) {
                    throw new UserError(task + ": no row is left to ask beside its examples", "give it more rows");
                }
                yield same(rest, drawn, limit);
            }
        };
    }

    private static Chosen same(List<Document> rest, List<Document> examples, int limit) {
        List<Document> asked = rest.subList(0, Math.min(limit, rest.size()));
        return new Chosen(
                asked, asked.stream().map(document -> List.copyOf(examples)).toList());
    }

    private boolean tooClose(Document document, Document example) {
        return document == example
                || apart.map(field ->
                                document.row().get(field).equals(example.row().get(field)))
                        .orElse(false);
    }

    private Chosen drawn(List<Document> asked, List<Document> pool, int wanted, String task) {
        int count = otherThanAsked ? wanted + 1 : wanted;
        require(count, pool.size(), task);
        PythonRandom random = new PythonRandom(seed);
        List<List<Document>> examples = new ArrayList<>();
        for (Document document : asked) {
            List<Document> drawn = new ArrayList<>();
            random.sample(pool.size(), count).forEach(index -> drawn.add(pool.get(index)));
            List<Document> others = without(drawn, document);
            if (others.size() < wanted) { // the pool holds copies of the asked row, and several were drawn
                List<Document> rest = without(pool, document);
                require(wanted, rest.size(), task);
                others = random.sample(rest.size(), wanted).stream()
                        .map(rest::get)
                        .toList();
            }
            examples.add(List.copyOf(others.subList(0, wanted)));
        }
        return new Chosen(asked, examples);
    }

    private List<Document> without(List<Document> pool, Document document) {
        if (!otherThanAsked) {
            return pool;
        }
        return pool.stream()
                .filter(example -> !example.row().values().equals(document.row().values()))
                .toList();
    }

    private static List<Document> first(List<Document> pool, int wanted, String task) {
        require(wanted, pool.size(), task);
        return pool.subList(0, wanted);
    }

    private static void require(int wanted, int available, String task) {
        if (wanted > available) {
            throw new UserError(
                    task + ": " + wanted + " examples are wanted, and its data has " + Math.max(available, 0),
                    "give fewer with --shots, or more rows of examples");
        }
    }

    /**
     * The rows that examples are chosen from.
     *
     * @throws UserError where there are none
     */
    List<Row> pool(TaskData data, Dataset dataset) {
        String split = dataset.fewshotSplit().orElse(dataset.split());
        if (data.files(dataset, split).isEmpty() && dataset.prompts().isPresent() && promptAnswer.isPresent()) {
            List<Path> prompts = data.promptFile(dataset.prompts().get());
            if (!prompts.isEmpty()) {
                return RowFiles.read(prompts).stream().map(this::worked).toList();
            }
        }
        return data.rows(dataset, split);
    }

    /** A worked example as a row of its task. */
    private Row worked(Row row) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("input", row.text("input"));
        values.put("target", row.text(promptAnswer.orElseThrow()));
        return new Row(values, row.file(), row.place());
    }
}
