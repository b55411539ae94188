package dev.cria.eval.metric;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * DROP's metrics (Dua et al., 2019, arXiv 1903.00161), as lm-evaluation-harness computes them: answers become sets of normalised words; the
 * exact match asks for the same spans, F1 for common words, and where the accepted span has numbers, for one of them. The best accepted
 * answer counts. F1 is rounded to two digits before the best is taken.
 *
 * @param em 1 or 0
 * @param f1 from 0 to 1, two digits
 */
public record DropScore(double em, double f1) {
    /** Letters, numbers and the underscore make words in Python; in Java accents that stand alone would too. */
    private static final Pattern ARTICLE = Pattern.compile("(?<![\\p{L}\\p{N}_])(a|an|the)(?![\\p{L}\\p{N}_])");

    private static final Pattern BETWEEN_WORDS = Pattern.compile(" |-");
    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /**
     * @param prediction the model's text, taken as one span
     * @param answers accepted answers, each of one or more spans; those whose first span is blank count for nothing
     */
    public static DropScore of(String prediction, List<List<String>> answers) {
        double em = 0;
        double f1 = 0;
        String predicted = normalize(prediction);
        for (List<String> answer : answers) {
            if (PythonText.strip(answer.getFirst()).isEmpty()) {
                continue;
            }
            List<String> spans = answer.stream().map(DropScore::normalize).toList();
            em = Math.max(em, spans.size() == 1 && spans.getFirst().equals(predicted) ? 1 : 0);
            f1 = Math.max(f1, f1(words(predicted), spans));
        }
        return new DropScore(em, f1);
    }

    /** The one predicted span meets the accepted span that it fits best; spans that are left without a partner count as 0. */
    private static double f1(Set<String> predicted, List<String> spans) {
        double best = 0;
        for (String span : spans) {
            Set<String> gold = words(span);
            if (numbersMeet(gold, predicted)) {
                best = Math.max(best, f1(predicted, gold));
            }
        }
        return Math.rint(best / spans.size() * 100) / 100;
    }

    private static double f1(Set<String> predicted, Set<String> gold) {
        double common = gold.stream().filter(predicted::contains).count();
        double precision = predicted.isEmpty() ? 1 : common / predicted.size();
        double recall = gold.isEmpty() ? 1 : common / gold.size();
        return precision == 0 && recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    private static boolean numbersMeet(Set<String> gold, Set<String> predicted) {
        List<String> numbers = gold.stream()
                .filter(word -> PythonText.number(word).isPresent())
                .toList();
        return numbers.isEmpty() || numbers.stream().anyMatch(predicted::contains);
    }

    private static Set<String> words(String span) {
        return new HashSet<>(PythonText.words(span));
    }

    /** Lower case; words cut at spaces and hyphens; no punctuation, no articles; numbers as Python spells floats. */
    static String normalize(String text) {
        List<String> tokens = new ArrayList<>();
        for (String token : BETWEEN_WORDS.split(text, -1)) {
            String plain = number(withoutPunctuation(token.toLowerCase(Locale.ROOT)));
            String words =
                    String.join(" ", PythonText.words(ARTICLE.matcher(plain).replaceAll(" ")));
            if (!words.isEmpty()) {
                tokens.add(words);
            }
        }
        return String.join(" ", tokens);
    }

    /** Numbers keep theirs: the point of 3.5 and the sign of -1. */
    private static String withoutPunctuation(String token) {
        if (PythonText.number(token).isPresent()) {
            return token;
        }
        StringBuilder out = new StringBuilder();
        for (char c : token.toCharArray()) {
            if (PUNCTUATION.indexOf(c) < 0) {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static String number(String token) {
        OptionalDouble value = PythonText.number(token);
        return value.isPresent() ? PythonText.repr(value.getAsDouble()) : token;
    }
}
