package dev.cria.eval.task;

import dev.cria.eval.metric.ChoiceScore;
import dev.cria.eval.metric.DropScore;
import dev.cria.eval.metric.PassAtK;
import dev.cria.eval.metric.TextMatch;
import java.util.List;

/** How a document's value of a metric is computed. */
sealed interface MetricRule {
    /** Of a question with choices. */
    sealed interface OfChoices extends MetricRule permits ChoiceMetric, GreedyGold {
        double value(ChoiceScore score, boolean[] greedy, int gold);
    }

    /** Of a text, after the task's filter. */
    sealed interface OfText extends MetricRule permits ExactMatch, StartsWith, DropEm, DropF1 {
        double value(String filtered, Gold gold);
    }

    /** Whether the gold choice was taken. */
    enum ChoiceMetric implements OfChoices {
        /** By log-likelihood. */
        ACC {
            @Override
            public double value(ChoiceScore score, boolean[] greedy, int gold) {
                return score.prediction() == gold ? 1 : 0;
            }
        },
        /** By log-likelihood per character. */
        ACC_NORM {
            @Override
            public double value(ChoiceScore score, boolean[] greedy, int gold) {
                return score.normalized() == gold ? 1 : 0;
            }
        },
        /** By log-likelihood per byte. */
        ACC_BYTES {
            @Override
            public double value(ChoiceScore score, boolean[] greedy, int gold) {
                return score.perByte() == gold ? 1 : 0;
            }
        }
    }

    /** Whether greedy decoding would write the gold choice. */
    record GreedyGold() implements OfChoices {
        @Override
        public double value(ChoiceScore score, boolean[] greedy, int gold) {
            return greedy[gold] ? 1 : 0;
        }
    }

    /** Whether the text is the right one. */
    record ExactMatch(TextMatch match) implements OfText {
        @Override
        public double value(String filtered, Gold gold) {
            return match.exact(filtered, text(gold));
        }
    }

    /** Whether the text begins with the right one. */
    record StartsWith() implements OfText {
        @Override
        public double value(String filtered, Gold gold) {
            return TextMatch.startsWith(filtered, text(gold));
        }
    }

    /** DROP's exact match. */
    record DropEm() implements OfText {
        @Override
        public double value(String filtered, Gold gold) {
            return DropScore.of(filtered, answers(gold)).em();
        }
    }

    /** DROP's F1. */
    record DropF1() implements OfText {
        @Override
        public double value(String filtered, Gold gold) {
            return DropScore.of(filtered, answers(gold)).f1();
        }
    }

    /** The estimated chance that one of k programs passes. */
    record PassK(int k) implements MetricRule {
        double value(int tried, int passed) {
            return PassAtK.of(tried, passed, k);
        }
    }

    private static String text(Gold gold) {
        if (gold instanceof Gold.Text text) {
            return text.text();
        }
        throw new IllegalStateException("this metric compares with one text, not with " + gold);
    }

    private static List<List<String>> answers(Gold gold) {
        if (gold instanceof Gold.Answers answers) {
            return answers.answers();
        }
        throw new IllegalStateException("this metric compares with accepted answers, not with " + gold);
    }
}
