package dev.cria.cli.scoring;

import dev.cria.base.UserError;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.text.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Scores continuations with a model, one after another, in a session that grows as needed. */
public final class ContinuationScorer implements AutoCloseable {
    private final LlamaModel model;
    private final Device device;
    private final Tokenizer tokenizer;
    private final boolean addBos;
    private final float[] row;
    private LlamaSession session;

    /** @param addBos whether the context begins with the BOS token */
    public ContinuationScorer(LlamaModel model, Device device, Tokenizer tokenizer, boolean addBos) {
        this.model = model;
        this.device = device;
        this.tokenizer = tokenizer;
        this.addBos = addBos;
        this.row = new float[model.config().vocabSize()];
        this.session = model.newSession(Math.min(256, model.config().maxPositionEmbeddings()));
    }

    /**
     * The log-probability of {@code continuation} after {@code context}. Too long a context loses its beginning.
     *
     * @throws UserError if the continuation has no token, or is itself longer than the model's context
     */
    public Score score(String context, String continuation) {
        Request whole = Request.of(tokenizer, context, continuation, addBos);
        Request request = whole.fit(model.config().maxPositionEmbeddings());
        if (request.continuationLength() == 0) {
            throw new UserError("the continuation is empty", "give it at least one token");
        }
        if (request.contextLength() < 1) {
            throw new UserError(
                    "the continuation has " + whole.continuationLength() + " tokens; the model holds "
                            + model.config().maxPositionEmbeddings(),
                    "score a shorter one");
        }
        return run(request);
    }

    private Score run(Request request) {
        int[] ids = request.ids();
        int context = request.contextLength();
        open(ids.length - 1);
        Tally tally = new Tally();
        tally.add(session.forwardLast(Arrays.copyOf(ids, context)), 0, ids[context]);
        int[] rest = Arrays.copyOfRange(ids, context, ids.length - 1);
        if (rest.length > 0) {
            session.forward(rest, (first, logits) -> {
                for (int n = 0; n < logits.size(0); n++) {
                    tally.add(logits, n, ids[context + first + n + 1]);
                }
            });
        }
        return new Score(tally.logprob, tally.greedy, request.continuationLength());
    }

    private void open(int length) {
        if (length > session.contextLength()) {
            session.close();
            int room = Math.max(length, 2 * session.contextLength());
            session = model.newSession(Math.min(room, model.config().maxPositionEmbeddings()));
        }
        session.reset();
    }

    /** Adds up token by token. */
    private final class Tally {
        private double logprob;
        private boolean greedy = true;

        void add(Tensor logits, int n, int target) {
            device.download(logits.rows(n, n + 1), MemorySegment.ofArray(row));
            int best = 0;
            for (int v = 1; v < row.length; v++) {
                best = row[v] > row[best] ? v : best;
            }
            double sum = 0;
            for (float value : row) {
                sum += Math.exp(value - row[best]);
            }
            logprob += row[target] - row[best] - Math.log(sum);
            greedy &= best == target;
        }
    }

    @Override
    public void close() {
        session.close();
    }
}
