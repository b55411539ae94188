package dev.cria.eval.run;

import dev.cria.base.UserError;
import dev.cria.eval.task.MultipleChoiceRequest;
import dev.cria.model.generation.BatchScorer;
import dev.cria.model.generation.Score;
import dev.cria.model.generation.ScoringPair;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Scores the choices of many documents at once. They need no sorting by length: nothing is padded, since sequences lie one after another in a
 * pass.
 */
final class ChoiceRunner {
    private final BatchScorer scorer;
    private final Tokenizer tokenizer;
    private final EvaluationOptions options;

    ChoiceRunner(BatchScorer scorer, Tokenizer tokenizer, EvaluationOptions options) {
        this.scorer = scorer;
        this.tokenizer = tokenizer;
        this.options = options;
    }

    /** A document that waits for some of its choices. */
    private static final class Pending {
        private final MultipleChoiceRequest request;
        private final @Nullable Score[] scores;
        private int left;

        Pending(MultipleChoiceRequest request) {
            this.request = request;
            this.left = request.continuations().size();
            this.scores = new Score[left];
        }
    }

    private record Place(Pending document, int choice) {}

    /**
     * Scores documents.
     *
     * @param done hears of each document as it is complete
     * @throws UserError if a choice cannot be scored, naming task and document
     */
    void run(String task, List<MultipleChoiceRequest> requests, BiConsumer<MultipleChoiceRequest, List<Score>> done) {
        List<ScoringPair> pairs = new ArrayList<>();
        List<Place> places = new ArrayList<>();
        long tokens = 0;
        for (MultipleChoiceRequest request : requests) {
            Pending document = new Pending(request);
            for (int choice = 0; choice < document.left; choice++) {
                ScoringPair pair = pair(task, request, choice);
                tokens += pair.contextTokens() + (long) pair.continuationTokens();
                pairs.add(pair);
                places.add(new Place(document, choice));
            }
            if (tokens >= options.batchTokens()) {
                score(pairs, places, done);
                pairs.clear();
                places.clear();
                tokens = 0;
            }
        }
        score(pairs, places, done);
    }

    private ScoringPair pair(String task, MultipleChoiceRequest request, int choice) {
        try {
            ScoringPair pair = ScoringPair.of(
                    request.contexts().get(choice), request.continuations().get(choice), tokenizer, options.bos());
            int kept = pair.contextTokensKept(scorer.contextLength());
            assert kept > 0;
            return pair;
        } catch (UserError e) {
            throw new UserError(
                    "document " + request.doc() + " of " + task + ", choice " + (choice + 1) + ": " + e.what(),
                    "take it out of the data, or use a model with a longer context",
                    e);
        }
    }

    private void score(
            List<ScoringPair> pairs, List<Place> places, BiConsumer<MultipleChoiceRequest, List<Score>> done) {
        scorer.score(pairs, (pair, score) -> {
            Place place = places.get(pair);
            Pending document = place.document;
            document.scores[place.choice] = score;
            document.left--;
            if (document.left == 0) {
                done.accept(
                        document.request,
                        Stream.of(document.scores).map(Objects::requireNonNull).toList());
            }
        });
    }
}
