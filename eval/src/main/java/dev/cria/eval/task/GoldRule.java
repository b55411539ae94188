package dev.cria.eval.task;

import dev.cria.eval.metric.PythonText;
import dev.cria.eval.rows.Row;
import java.util.List;

/** Where the right answer of a question comes from. */
sealed interface GoldRule {
    /** Which of some choices is right. */
    sealed interface OfChoices extends GoldRule permits Index, Label {
        /** @throws dev.cria.base.UserError where the row names none of its choices */
        int index(Row row, int choices);
    }

    /** What a text is measured by. */
    sealed interface OfText extends GoldRule permits Text, AllDropAnswers, FirstDropAnswer, Tests {
        Gold gold(Row row);
    }

    /** A field holds the number of the right choice, counted from {@code first}. */
    record Index(String path, int first) implements OfChoices {
        @Override
        public int index(Row row, int choices) {
            long index = row.whole(path) - first;
            if (index < 0 || index >= choices) {
                throw row.refuse(path + " is " + row.whole(path) + "; the choices are " + first + " to "
                        + (first + choices - 1));
            }
            return (int) index;
        }
    }

    /** A field holds the label of the right choice, such as C; the labels of all are a list. */
    record Label(String path, String among, boolean stripLeft) implements OfChoices {
        @Override
        public int index(Row row, int choices) {
            List<String> labels = row.texts(among);
            if (labels.size() != choices) {
                throw row.refuse(among + " has " + labels.size() + " labels for " + choices + " choices");
            }
            String label = stripLeft ? PythonText.stripLeft(row.text(path)) : row.text(path);
            int index = labels.indexOf(label);
            if (index < 0) {
                throw row.refuse(path + " is \"" + label + "\", which is none of the labels " + labels);
            }
            return index;
        }
    }

    /** A text. */
    record Text(PromptTemplate template) implements OfText {
        @Override
        public Gold gold(Row row) {
            return new Gold.Text(template.render(row));
        }
    }

    /** Every answer that DROP accepts. */
    record AllDropAnswers() implements OfText {
        @Override
        public Gold gold(Row row) {
            return new Gold.Answers(DropAnswers.accepted(row));
        }
    }

    /** The one answer that DROP's annotators agree on; where they do not, the first. */
    record FirstDropAnswer() implements OfText {
        @Override
        public Gold gold(Row row) {
            return new Gold.Text(DropAnswers.agreed(row)
                    .orElseGet(() -> DropAnswers.accepted(row).getFirst().getFirst()));
        }
    }

    /** Tests that a program must pass. */
    record Tests(PromptTemplate prompt, PromptTemplate tests) implements OfText {
        @Override
        public Gold gold(Row row) {
            return new Gold.Program(prompt.render(row), tests.render(row));
        }
    }
}
