package dev.cria.data;

import dev.cria.base.UserError;
import java.util.ArrayList;
import java.util.List;

/**
 * Several sources mixed by weight. The global sequence is cut into blocks of {@value #BLOCK} samples. In every block each source has the
 * same number of places, its quota: its weight times the block size, rounded so that quotas add up to the block (largest remainder). The
 * places are shuffled once by the seed, and each block starts at another place of the shuffled list. A source's own samples come in their
 * own order 0, 1, 2, ..., so a source that runs out begins its next epoch. Finding (source, index) for a global index takes O(1).
 */
public final class Mixture implements SampleSource {
    /** Samples in a block; weights are honoured to half of one part in this many. */
    public static final int BLOCK = 10_000;

    /**
     * One ingredient.
     *
     * @param name used in messages and reports
     * @param source its samples
     * @param weight its share of the samples; any positive scale
     */
    public record Part(String name, SampleSource source, double weight) {}

    /**
     * Where a global sample comes from.
     *
     * @param part index of the part
     * @param index index of the sample in that part's own sequence
     */
    public record Position(int part, long index) {}

    /**
     * How far a part has been read.
     *
     * @param samples samples taken from it
     * @param epochs the same in passes over its data
     */
    public record Progress(String name, long samples, double epochs) {}

    private final List<Part> parts;
    private final long seed;
    private final int[] quotas;
    /** Part at each place of the shuffled block. */
    private final short[] pattern = new short[BLOCK];
    /** [part][place]: places before {@code place} that belong to the part. */
    private final int[][] before;

    /**
     * @param parts at least one, all with the same sequence length
     * @throws UserError on weights that are not positive and finite, or too small for one place in a block; on differing lengths
     */
    public Mixture(List<Part> parts, long seed) {
        if (parts.isEmpty() || parts.size() > BLOCK) {
            throw new UserError("a mixture of " + parts.size() + " sources", "name 1 to " + BLOCK + " data sets");
        }
        this.parts = List.copyOf(parts);
        this.seed = seed;
        this.quotas = quotas(this.parts);
        for (Part part : this.parts) {
            if (part.source().sequenceLength() != sequenceLength()) {
                throw new UserError(
                        "the parts of a mixture have different sequence lengths: "
                                + part.source().sequenceLength() + " and " + sequenceLength(),
                        "use one sequence length for all");
            }
        }
        short[] unshuffled = new short[BLOCK];
        int place = 0;
        for (int p = 0; p < quotas.length; p++) {
            for (int i = 0; i < quotas[p]; i++) {
                unshuffled[place++] = (short) p;
            }
        }
        IndexPermutation shuffle = new IndexPermutation(BLOCK, seed, -1);
        this.before = new int[quotas.length][BLOCK + 1];
        for (int i = 0; i < BLOCK; i++) {
            pattern[i] = unshuffled[(int) shuffle.apply(i)];
            for (int p = 0; p < quotas.length; p++) {
                before[p][i + 1] = before[p][i] + (pattern[i] == p ? 1 : 0);
            }
        }
    }

    /** Places of each part in a block of {@value #BLOCK}. */
    public List<Integer> quotas() {
        List<Integer> list = new ArrayList<>();
        for (int quota : quotas) {
            list.add(quota);
        }
        return List.copyOf(list);
    }

    /** Which sample of which part the global index stands for. */
    public Position position(long globalSampleIndex) {
        if (globalSampleIndex < 0) {
            throw new IndexOutOfBoundsException("sample " + globalSampleIndex);
        }
        long block = globalSampleIndex / BLOCK;
        int start = start(block);
        int within = (int) (globalSampleIndex % BLOCK);
        int part = pattern[(start + within) % BLOCK];
        return new Position(part, block * quotas[part] + taken(part, start, within));
    }

    /** How far each part is read after the first {@code globalSamples} samples. */
    public List<Progress> progress(long globalSamples) {
        long block = globalSamples / BLOCK;
        int start = start(block);
        List<Progress> list = new ArrayList<>();
        for (int p = 0; p < quotas.length; p++) {
            long samples = block * quotas[p] + taken(p, start, (int) (globalSamples % BLOCK));
            Part part = parts.get(p);
            list.add(new Progress(
                    part.name(), samples, (double) samples / part.source().samplesPerEpoch()));
        }
        return List.copyOf(list);
    }

    /** Samples in all parts together. Parts go round at different speeds: see {@link #progress}. */
    @Override
    public long samplesPerEpoch() {
        return parts.stream().mapToLong(part -> part.source().samplesPerEpoch()).sum();
    }

    @Override
    public int sequenceLength() {
        return parts.getFirst().source().sequenceLength();
    }

    @Override
    public void read(long globalSampleIndex, int[] tokens, int offset) {
        Position position = position(globalSampleIndex);
        parts.get(position.part()).source().read(position.index(), tokens, offset);
    }

    @Override
    public String fingerprint() {
        List<String> lines = new ArrayList<>();
        lines.add("seed=" + seed);
        for (int p = 0; p < quotas.length; p++) {
            lines.add(quotas[p] + "*" + parts.get(p).source().fingerprint());
        }
        return "mixture(" + Checksums.sha256(lines) + ")";
    }

    private int start(long block) {
        return (int) Long.remainderUnsigned(IndexPermutation.mix(IndexPermutation.mix(seed) ^ block), BLOCK);
    }

    /** Places of a part among the first {@code within} of a block that starts at {@code start}. */
    private int taken(int part, int start, int within) {
        int[] counts = before[part];
        int end = start + within;
        return end <= BLOCK ? counts[end] - counts[start] : counts[BLOCK] - counts[start] + counts[end - BLOCK];
    }

    private static int[] quotas(List<Part> parts) {
        double sum = 0;
        for (Part part : parts) {
            if (!(part.weight() > 0) || Double.isInfinite(part.weight())) {
                throw new UserError(
                        "the weight of data set " + part.name() + " is " + part.weight(),
                        "weights are positive numbers; leave a data set out instead of giving it weight 0");
            }
            sum += part.weight();
        }
        int[] quotas = new int[parts.size()];
        double[] remainders = new double[parts.size()];
        int left = BLOCK;
        for (int p = 0; p < quotas.length; p++) {
            double exact = parts.get(p).weight() / sum * BLOCK;
            quotas[p] = (int) exact;
            remainders[p] = exact - quotas[p];
            left -= quotas[p];
        }
        for (; left > 0; left--) {
            int best = 0;
            for (int p = 1; p < quotas.length; p++) {
                best = remainders[p] > remainders[best] ? p : best;
            }
            quotas[best]++;
            remainders[best] = -1;
        }
        for (int p = 0; p < quotas.length; p++) {
            if (quotas[p] == 0) {
                throw new UserError(
                        "the weight of data set " + parts.get(p).name() + " is below one sample in " + BLOCK,
                        "raise its weight, or leave it out");
            }
        }
        return quotas;
    }
}
