package dev.cria.tensor.cpu;

import dev.cria.base.UserError;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How a {@link CpuDevice} is opened.
 *
 * @param threads threads that kernels run on, the caller's included; results do not depend on it
 * @param precision what matrix products are computed in
 * @param maximumTier the highest kind of kernels that may be used
 */
public record CpuOptions(int threads, Precision precision, Tier maximumTier) {
    /** The environment variable that limits the tier: {@code scalar}, {@code vector} or {@code native}. */
    public static final String TIER_VARIABLE = "CRIA_CPU_TIER";

    /** @throws UserError if {@code threads} is less than one */
    public CpuOptions {
        if (threads < 1) {
            throw new UserError(
                    "the CPU device cannot run on " + threads + " threads",
                    "give 1 or more; this machine has " + Runtime.getRuntime().availableProcessors());
        }
    }

    /**
     * All processors, float32, and the highest tier that {@code CRIA_CPU_TIER} allows (all where it is not set).
     *
     * @throws UserError if {@code CRIA_CPU_TIER} names no tier
     */
    public static CpuOptions defaults() {
        String tier = System.getenv(TIER_VARIABLE);
        return new CpuOptions(
                Runtime.getRuntime().availableProcessors(),
                Precision.F32,
                tier == null || tier.isBlank() ? Tier.NATIVE : parseTier(tier));
    }

    /** The same on {@code count} threads. */
    public CpuOptions withThreads(int count) {
        return new CpuOptions(count, precision, maximumTier);
    }

    /** The same with another precision. */
    public CpuOptions withPrecision(Precision other) {
        return new CpuOptions(threads, other, maximumTier);
    }

    /** The same with another highest tier. */
    public CpuOptions withMaximumTier(Tier tier) {
        return new CpuOptions(threads, precision, tier);
    }

    static Tier parseTier(String text) {
        return Arrays.stream(Tier.values())
                .filter(tier -> tier.name().equalsIgnoreCase(text.strip()))
                .findFirst()
                .orElseThrow(() -> new UserError(
                        "environment variable " + TIER_VARIABLE + " is '" + text + "', which is no tier of kernels",
                        "set it to one of "
                                + Arrays.stream(Tier.values())
                                        .map(tier -> tier.name().toLowerCase(Locale.ROOT))
                                        .collect(Collectors.joining(", "))
                                + ", or unset it"));
    }
}
