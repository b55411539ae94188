package dev.cria.eval.run;

import dev.cria.base.UserError;
import java.util.OptionalInt;

/**
 * How tasks are run. None of it but shots, limit, BOS, context and new tokens changes a number.
 *
 * @param shots examples before each document; the tasks' own number where empty
 * @param limit most documents of a task, from the front; all where empty
 * @param bos whether each request begins with BOS
 * @param contextLength most tokens that a model sees at once; the model's own limit where empty
 * @param maxNewTokens most tokens that are generated for a document; the tasks' own number where empty
 * @param batchTokens tokens of requests that are held at a time, at least one document
 */
public record EvaluationOptions(
        OptionalInt shots,
        OptionalInt limit,
        boolean bos,
        OptionalInt contextLength,
        OptionalInt maxNewTokens,
        int batchTokens) {
    private static final int BATCH_TOKENS = 1 << 17;

    /** @throws UserError if a number is too small to mean anything */
    public EvaluationOptions {
        least("shots", shots, 0);
        least("limit", limit, 1);
        least("context", contextLength, 2);
        least("max-new-tokens", maxNewTokens, 1);
        least("batch-tokens", OptionalInt.of(batchTokens), 1);
    }

    private static void least(String name, OptionalInt value, int least) {
        if (value.isPresent() && value.getAsInt() < least) {
            throw new UserError(name + " is " + value.getAsInt(), "give " + least + " or more");
        }
    }

    /** Everything as the tasks and the model say, with BOS. */
    public static EvaluationOptions defaults() {
        return new EvaluationOptions(
                OptionalInt.empty(), OptionalInt.empty(), true, OptionalInt.empty(), OptionalInt.empty(), BATCH_TOKENS);
    }

    public EvaluationOptions withShots(OptionalInt value) {
        return new EvaluationOptions(value, limit, bos, contextLength, maxNewTokens, batchTokens);
    }

    public EvaluationOptions withLimit(OptionalInt value) {
        return new EvaluationOptions(shots, value, bos, contextLength, maxNewTokens, batchTokens);
    }

    public EvaluationOptions withBos(boolean value) {
        return new EvaluationOptions(shots, limit, value, contextLength, maxNewTokens, batchTokens);
    }

    public EvaluationOptions withContextLength(OptionalInt value) {
        return new EvaluationOptions(shots, limit, bos, value, maxNewTokens, batchTokens);
    }

    public EvaluationOptions withMaxNewTokens(OptionalInt value) {
        return new EvaluationOptions(shots, limit, bos, contextLength, value, batchTokens);
    }

    public EvaluationOptions withBatchTokens(int value) {
        return new EvaluationOptions(shots, limit, bos, contextLength, maxNewTokens, value);
    }
}
