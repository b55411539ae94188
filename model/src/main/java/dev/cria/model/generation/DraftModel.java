package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.SessionOptions;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A smaller Llama with the same vocabulary that guesses what a large one will say. Of a text longer than its context it sees the end. */
public final class DraftModel implements DraftSource {
    private static final Overflow WINDOW = Overflow.slide(Overflow.SINKS);

    private final LlamaSession session;
    private final float[] logits;

    /** @param session of the draft model; closed with this */
    private DraftModel(LlamaSession session) {
        this.session = session;
        this.logits = new float[session.config().vocabSize()];
    }

    /**
     * A draft for a model.
     *
     * @param draft the smaller model; it must stay open
     * @param model the large one
     * @param contextLength of the large model's session
     * @throws UserError if their vocabularies differ
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static DraftModel of(LlamaModel draft, LlamaModel model, int contextLength) {
        requireSameVocabulary(draft, model);
        int length = Math.min(contextLength, draft.config().maxPositionEmbeddings());
        return new DraftModel(draft.newSession(SessionOptions.automatic(draft, length)));
    }

    private static void requireSameVocabulary(LlamaModel draft, LlamaModel model) {
        int drafted = draft.config().vocabSize();
        int wanted = model.config().vocabSize();
        if (drafted != wanted) {
            throw differing("it has " + drafted + " ids and the model " + wanted);
        }
        if (draft.tokenizer().isEmpty() || model.tokenizer().isEmpty()) {
            return;
        }
        Tokenizer its = draft.tokenizer().get();
        Tokenizer ours = model.tokenizer().get();
        if (its.fingerprint().equals(ours.fingerprint())) {
            return;
        }
        int common = Math.min(its.vocabularySize(), ours.vocabularySize());
        for (int id = 0; id < common; id++) {
            if (!its.piece(id).equals(ours.piece(id))) {
                throw differing("id " + id + " is '" + its.piece(id) + "' there and '" + ours.piece(id) + "' here");
            }
        }
    }

    private static UserError differing(String how) {
        return new UserError(
                "the draft model has another vocabulary: " + how,
                "take a draft with the same tokenizer, or --prompt-lookup, which needs no draft model");
    }

    @Override
    public List<Guess> guess(int[] context, int most, Guesser guesser) {
        List<Guess> guesses = new ArrayList<>();
        if (session.contextLength() < most + Overflow.SINKS + 2) {
            return guesses;
        }
        int[] seen = WINDOW.window(context, session.contextLength(), most);
        int[] held = session.tokens();
        int mismatch = Arrays.mismatch(held, seen);
        // The last token is read in any case: its logits are needed.
        int common = Math.min(mismatch < 0 ? held.length : mismatch, seen.length - 1);
        session.truncate(common);
        session.forwardLast(Arrays.copyOfRange(seen, common, seen.length), logits);
        while (true) {
            Guess guess = guesser.choose(logits);
            guesses.add(guess);
            if (guesses.size() == most) {
                return guesses;
            }
            session.forwardLast(new int[] {guess.id()}, logits);
        }
    }

    @Override
    public void close() {
        session.close();
    }
}
