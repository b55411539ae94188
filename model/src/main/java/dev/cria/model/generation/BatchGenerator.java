package dev.cria.model.generation;

import dev.cria.model.BatchSession;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaSession;
import dev.cria.tensor.Tensor;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Continues many prompts together: as many at a time as a {@link BatchSession} has slots, and where one ends, the next takes its place. The
 * texts are those that a {@link Generator} writes of each alone, with up to {@link dev.cria.tensor.Kernels#FEW_ROWS} slots to the last bit.
 */
public final class BatchGenerator {
    private final BatchSession batch;
    private final Optional<Tokenizer> tokenizer;

    /** @param tokenizer where absent, there is no text and stop strings are refused */
    public BatchGenerator(BatchSession batch, Optional<Tokenizer> tokenizer) {
        this.batch = batch;
        this.tokenizer = tokenizer;
    }

    /** Receives texts as they end. */
    @FunctionalInterface
    public interface Listener {
        /**
         * A text is complete.
         *
         * @param index which request it answers, counting from 0
         */
        void finished(int index, GenerationResult result);
    }

    /** A slot at work on a request. */
    private final class Work {
        final int index;
        final int slot;
        final GenerationOptions options;
        final Sampler sampler;
        final GrowingText text;
        final ReadPrompt prompt;
        final long firstChosen;
        int passes;

        @Nullable
        StopReason ended;

        Work(int index, int slot, BatchRequest request) {
            this.index = index;
            this.slot = slot;
            this.options = request.options();
            this.sampler = new Sampler(options.sampling());
            LlamaSession session = batch.sequence(slot);
            LlamaConfig config = session.config();
            Generator generator = new Generator(session, tokenizer);
            generator.check(options);
            session.reset();
            this.prompt = generator.read(request.prompt(), options.overflow());
            this.text = new GrowingText(
                    config, session.contextLength(), tokenizer, prompt.ids(), options, GenerationListener.NONE);
            this.ended = options.maxNewTokens() == 0
                    ? StopReason.LENGTH
                    : text.accept(sampler.next(prompt.logits(), text.seen()), session.length());
            this.firstChosen = System.nanoTime();
        }

        void take(int id) {
            passes++;
            ended = text.accept(id, batch.sequence(slot).length());
        }

        GenerationResult result(StopReason reason) {
            double decoding = (System.nanoTime() - firstChosen) * 1e-9;
            return text.finish(
                    reason, prompt.tokensRead(), prompt.seconds(), decoding, new DraftStatistics(passes, 0, 0));
        }
    }

    /**
     * Continues all of them. Seconds in a result count what passed while others were worked on as well.
     *
     * @param requests asked for one by one, when a slot is free
     * @throws dev.cria.base.UserError if a prompt does not fit the context
     */
    public void generate(Iterator<BatchRequest> requests, Listener listener) {
        List<Work> working = new ArrayList<>();
        boolean[] taken = new boolean[batch.size()];
        int next = 0;
        while (true) {
            while (working.size() < batch.size() && requests.hasNext()) {
                int slot = free(taken);
                Work work = new Work(next++, slot, requests.next());
                taken[slot] = true;
                working.add(work);
                settle(working, taken, listener);
            }
            if (working.isEmpty()) {
                return;
            }
            pass(working);
            settle(working, taken, listener);
        }
    }

    private static int free(boolean[] taken) {
        int slot = 0;
        while (taken[slot]) {
            slot++;
        }
        return slot;
    }

    /** A token more for every text. */
    private void pass(List<Work> working) {
        int[] slots = new int[working.size()];
        int[] ids = new int[working.size()];
        for (int n = 0; n < slots.length; n++) {
            Work work = working.get(n);
            slots[n] = work.slot;
            ids[n] = work.text.last();
            work.passes += work.options.overflow().makeRoom(batch.sequence(work.slot)) ? 1 : 0;
        }
        Tensor rows = batch.forward(slots, ids);
        if (working.stream().allMatch(work -> work.sampler.takesLikeliest())) {
            int[] chosen = batch.likeliest(rows);
            for (int n = 0; n < slots.length; n++) {
                working.get(n).take(chosen[n]);
            }
            return;
        }
        int vocabulary = rows.size(1);
        float[] all = new float[Math.multiplyExact(slots.length, vocabulary)];
        batch.sequence(slots[0]).download(rows, all);
        for (int n = 0; n < slots.length; n++) {
            Work work = working.get(n);
            float[] logits = Arrays.copyOfRange(all, n * vocabulary, (n + 1) * vocabulary);
            work.take(work.sampler.next(logits, work.text.seen()));
        }
    }

    /** Hands out what has ended and frees its slots. */
    private static void settle(List<Work> working, boolean[] taken, Listener listener) {
        for (Iterator<Work> each = working.iterator(); each.hasNext(); ) {
            Work work = each.next();
            StopReason reason = work.ended;
            if (reason != null) {
                each.remove();
                taken[work.slot] = false;
                listener.finished(work.index, work.result(reason));
            }
        }
    }
}
