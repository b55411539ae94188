package dev.cria.cuda.compile;

import dev.cria.base.UserError;

/**
 * What the compiler is asked to make code for.
 *
 * @param option the value of {@code --gpu-architecture}
 * @param machineCode whether it is code for that card alone; else PTX, which the driver finishes
 */
public record Architecture(String option, boolean machineCode) {
    /** bf16 tensor cores and asynchronous copies come with Ampere. */
    public static final int LEAST = 80;

    private static final int HOPPER = 90;

    /**
     * Machine code for the card, or PTX of the newest architecture the compiler knows where the card is newer than the compiler.
     *
     * @param computeCapability of the card, major·10 + minor
     * @param known what the compiler makes machine code for
     * @throws UserError if the card is too old for Cria
     */
    public static Architecture of(int computeCapability, int[] known, String card) {
        if (computeCapability < LEAST) {
            throw new UserError(
                    card + " has compute capability " + dotted(computeCapability) + ", and Cria's kernels need "
                            + dotted(LEAST) + " (Ampere) or newer",
                    "use a newer GPU, or --device cpu");
        }
        int newest = 0;
        for (int architecture : known) {
            if (architecture == computeCapability) {
                // The a is Hopper's own instructions, which plain sm_90 leaves out.
                return new Architecture("sm_" + computeCapability + (computeCapability == HOPPER ? "a" : ""), true);
            }
            if (architecture <= computeCapability) {
                newest = Math.max(newest, architecture);
            }
        }
        if (newest < LEAST) {
            throw new UserError(
                    "this NVRTC makes no code for " + card + " (compute capability " + dotted(computeCapability) + ")",
                    "install a newer CUDA toolkit");
        }
        return new Architecture("compute_" + newest, false);
    }

    private static String dotted(int computeCapability) {
        return computeCapability / 10 + "." + computeCapability % 10;
    }
}
