package dev.cria.cli.bench;

import dev.cria.model.BatchSession;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.SessionOptions;
import dev.cria.model.generation.Sampler;
import dev.cria.model.generation.SamplingOptions;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Times reading a prompt and writing tokens greedily, as a chat does them, on random ids. */
public final class GenerationBench {
    /** Tokens of a sample of decoding. */
    private static final int CHUNK = 16;

    /** Time spent before the first sample at least, in which the JVM compiles what is hot. */
    private static final double WARM_UP_SECONDS = 6;

    private GenerationBench() {}

    /**
     * What to time.
     *
     * @param prefill tokens of the prompt that is timed; 0 for none
     * @param decode tokens to write; 0 for none
     * @param depth tokens in the context before the first that is written
     * @param batch sequences that are written together
     * @param repetitions how often
     */
    public record Plan(int prefill, int decode, int depth, int batch, int repetitions) {
        /** Tokens of context that the plan needs. */
        public int context() {
            return Math.max(prefill, depth + decode + 1);
        }
    }

    /** What was timed. */
    public enum Phase {
        PREFILL,
        DECODE
    }

    /**
     * A measurement.
     *
     * @param tokens how many
     * @param tokensPerSecond over the wall-clock time
     * @param tokensPerCpuSecond over the CPU time of the whole process
     * @param start seconds since 1970
     * @param end seconds since 1970
     */
    public record Sample(
            Phase phase, int tokens, double tokensPerSecond, double tokensPerCpuSecond, double start, double end) {}

    /** Runs a plan; the samples are handed out as they are taken. */
    public static void run(LlamaModel model, SessionOptions options, Plan plan, Consumer<Sample> samples) {
        int vocabulary = model.config().vocabSize();
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        int[] prompt = random.ints(Math.max(1, Math.max(plan.prefill(), plan.depth())), 0, vocabulary)
                .toArray();
        float[] logits = new float[vocabulary];
        try (BatchSession batch = model.newBatchSession(options, plan.batch())) {
            long begin = System.nanoTime();
            do {
                once(batch, plan, prompt, logits, sample -> {});
            } while (System.nanoTime() - begin < WARM_UP_SECONDS * 1e9);
            for (int i = 0; i < plan.repetitions(); i++) {
                once(batch, plan, prompt, logits, samples);
            }
        }
    }

    private static void once(BatchSession batch, Plan plan, int[] prompt, float[] logits, Consumer<Sample> samples) {
        LlamaSession session = batch.sequence(0);
        Sampler greedy = new Sampler(SamplingOptions.greedy());
        BitSet seen = new BitSet();
        if (plan.prefill() > 0) {
            session.reset();
            samples.accept(timed(Phase.PREFILL, plan.prefill(), () -> {
                session.forwardLast(first(prompt, plan.prefill()), logits);
                greedy.next(logits, seen);
            }));
        }
        if (plan.decode() > 0 && plan.batch() > 1) {
            together(batch, plan, prompt, logits, samples);
        } else if (plan.decode() > 0) {
            session.reset();
            session.forwardLast(first(prompt, Math.max(1, plan.depth())), logits);
            int[] next = {greedy.next(logits, seen)};
            for (int done = 0; done < plan.decode(); done += CHUNK) {
                int count = Math.min(CHUNK, plan.decode() - done);
                samples.accept(timed(Phase.DECODE, count, () -> {
                    for (int i = 0; i < count; i++) {
                        session.forwardLast(next, logits);
                        next[0] = greedy.next(logits, seen);
                    }
                }));
            }
        }
    }

    /** A token for every sequence at a time. */
    private static void together(
            BatchSession batch, Plan plan, int[] prompt, float[] logits, Consumer<Sample> samples) {
        Sampler greedy = new Sampler(SamplingOptions.greedy());
        BitSet seen = new BitSet();
        int count = batch.size();
        int[] slots = IntStream.range(0, count).toArray();
        int[] next = new int[count];
        for (int slot : slots) {
            LlamaSession session = batch.sequence(slot);
            session.reset();
            session.forwardLast(first(prompt, Math.max(1, plan.depth())), logits);
            // Sequences that say different things, as users' do.
            next[slot] = (greedy.next(logits, seen) + slot) % logits.length;
        }
        for (int done = 0; done < plan.decode(); done += CHUNK) {
            int steps = Math.min(CHUNK, plan.decode() - done);
            samples.accept(timed(Phase.DECODE, steps * count, () -> {
                for (int i = 0; i < steps; i++) {
                    int[] chosen = batch.likeliest(batch.forward(slots, next));
                    System.arraycopy(chosen, 0, next, 0, count);
                }
            }));
        }
    }

    private static Sample timed(Phase phase, int tokens, Runnable work) {
        double cpu = ProcessUse.cpuSeconds();
        double start = System.currentTimeMillis() / 1e3;
        long nanos = System.nanoTime();
        work.run();
        double seconds = (System.nanoTime() - nanos) / 1e9;
        double used = ProcessUse.cpuSeconds() - cpu;
        return new Sample(phase, tokens, tokens / seconds, tokens / used, start, System.currentTimeMillis() / 1e3);
    }

    private static int[] first(int[] ids, int count) {
        return ids.length == count ? ids : Arrays.copyOf(ids, count);
    }
}
